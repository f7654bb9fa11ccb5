"""What tests of outputs begin with."""

import re
import shlex

from support import CommandTest, digest

GENERATOR = "{type: generator, kind: counter, size: {t: %d, y: 64, x: 64}, dtype: uint8}"


class Outputs(CommandTest):
    def pipeline(self, name, frames, *sinks, source=None):
        text = "parfocal: 1\nsource: %s\n" % (source or GENERATOR % frames)
        steps = "steps: [{op: threshold, id: m}, {op: label, id: l}, {op: count, id: n}]\n"
        lines = "".join("  - {%s}\n" % sink for sink in sinks)
        return self.write(name, text + (steps if "table" in lines else "") + "sinks:\n" + lines)

    def rows(self, name):
        return len((self.dir / name).read_text().splitlines()) - 1

    def files(self, folder):
        """{name: contents}; where there are many a digest, which a failure can print."""
        return {str(p.relative_to(self.dir / folder)): digest(p) if p.stat().st_size > 200
                else p.read_bytes() for p in sorted((self.dir / folder).rglob("*")) if p.is_file()}

    def hidden(self):
        return [str(p.relative_to(self.dir)) for p in self.dir.rglob(".*")
                if p.name not in (".zattrs", ".zgroup", ".zarray")]

    def cures(self, err):
        return [shlex.split(line)[1:] for line in re.findall(r"(?m)^ +(parfocal .*|/\S*parfocal .*)$", err)]
