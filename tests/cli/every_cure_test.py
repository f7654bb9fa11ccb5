"""Whatever is written into any parameter: the value that the cure shows can be read in its place."""

import json
import re
import unittest

from support import CommandTest

VALUES = ["7", "-3", "10.0", "0", "1e9", "2.5 pixels", '"1,5 px"', "650 nanometers", "10 Hz", "80 %", "high",
          "true", '"no"', "float", "disk 4", '"3:10"', "a b c", '"area, otsu"', "[1, two, 3 px]", "[]",
          "{x: 1, y: big}", "{begin: 4, end: 9}", '""']


class EveryCure(CommandTest):
    def parameters(self):
        entries = self.expect_json(0, "parfocal.ops/1", "ops", "--json")["entries"]
        return [(entry["role"], entry["name"], field["name"]) for entry in entries
                for field in entry["parameters"] if entry["role"] in ("operator", "sink")]

    def told(self, lines):
        """What `check` says of each line: (what, cure) by its index."""
        steps = [f"  - {text}\n" for role, text in lines if role == "operator"]
        sinks = [f"  - {text}\n" for role, text in lines if role == "sink"]
        self.write("p.yaml", "parfocal: 1\nsource: {type: files, glob: a.tif}\nsteps:\n" + "".join(steps)
                   + "sinks:\n" + "".join(sinks))
        done = self.run_command("check", "p.yaml", "--json")
        issues = json.loads(done.stdout)["issues"]
        of_line = list(range(len(steps))) + [None] + list(range(len(steps), len(lines)))
        found = []
        for issue in issues:
            line = int(re.search(r"p\.yaml:(\d+):", issue["where"]).group(1))
            found.append((of_line[line - 4], issue["what"], issue["cure"]))
        return found

    def entry(self, role, name, number, field):
        if role == "operator":
            return role, f"{{id: s{number}, op: {name}, from: source, {field}}}"
        return role, f"{{type: {name}, from: source, {field}}}"

    def test_the_value_that_is_shown_can_be_read(self):
        fields = self.parameters()
        self.assertGreater(len(fields), 40)
        for value in VALUES:
            lines = [self.entry(role, name, k, f"{field}: {value}") for k, (role, name, field) in enumerate(fields)]
            pasted, expected = list(lines), {}
            for k, what, cure in self.told(lines):
                role, name, field = fields[k]
                shown = re.match(rf"write (?:e\.g\. )?({field}: .*?)(?:, or {field}: .*)?$", cure)
                if what.startswith(f"'{field}' of ") and shown:
                    pasted[k] = self.entry(role, name, k, shown.group(1))
                    expected[k] = cure
            for k, what, _ in self.told(pasted):
                if k in expected:
                    self.assertNotIn(f"'{fields[k][2]}' of", what, f"{lines[k]}: {expected[k]}")
                    self.assertNotIn("unknown key", what, f"{lines[k]}: {expected[k]}")


if __name__ == "__main__":
    unittest.main()
