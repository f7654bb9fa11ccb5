#!/usr/bin/env python3
"""Writes docs/operators.md from what the operators say of themselves.

    scripts/operator_pages.py build/release/bin/parfocal          write the page
    scripts/operator_pages.py build/release/bin/parfocal --check  fail if the page is not up to date
"""

import json
import pathlib
import subprocess
import sys

PAGE = pathlib.Path(__file__).resolve().parent.parent / "docs" / "operators.md"
HEAD = """# Operators, sources and sinks

Made by `scripts/operator_pages.py` from the registration blocks; `parfocal ops NAME` prints the same.
"""


def rows(title, items):
    """A list of named things, or nothing."""
    lines = [f"\n{title}:\n"] if items else []
    for item in items:
        optional = " (optional)" if item.get("optional") else ""
        lines.append(f"- `{item['name']}`{optional}: {item['what']}")
    return lines


def parameters(items):
    lines = ["\n| parameter | type | default | range | what |", "|---|---|---|---|---|"] if items else []
    for item in items:
        default = "required" if item.get("required") else f"`{item['default']}`" if item.get("default") else ""
        allowed = ", ".join(item.get("choices", [])) or item.get("range", "")
        doc = item.get("doc", item.get("what", ""))
        lines.append(f"| `{item['name']}` | {item['type']} | {default} | {allowed} | {doc} |".replace("  ", " "))
    return lines


def entry(item):
    lines = [f"\n### {item['name']}", "", item["summary"]]
    lines += rows("Takes", item.get("inputs", [])) + rows("Gives", item.get("outputs", []))
    lines += parameters(item.get("parameters", []))
    for key, name in (("tolerance", "Tolerance"), ("reference", "Reference")):
        if item.get(key):
            lines.append(f"\n{name}: {item[key]}")
    if item.get("example"):
        lines.append(f"\n```yaml\n{item['example']}\n```")
    return lines


def page(command):
    entries = json.loads(subprocess.check_output([command, "ops", "--json"], text=True))["entries"]
    lines = [HEAD]
    for role, title in (("operator", "Operators"), ("source", "Sources"), ("sink", "Sinks")):
        lines.append(f"\n## {title}")
        for item in sorted((e for e in entries if e["role"] == role), key=lambda e: (e.get("family", ""), e["name"])):
            lines += entry(item)
    return "\n".join(lines) + "\n"


def main():
    text = page(sys.argv[1])
    if "--check" not in sys.argv:
        PAGE.write_text(text)
    elif not PAGE.exists() or PAGE.read_text() != text:
        sys.exit("docs/operators.md is not up to date: run scripts/operator_pages.py")


if __name__ == "__main__":
    main()
