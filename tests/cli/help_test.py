import subprocess
import unittest

from support import CommandTest, PARFOCAL

COMMANDS = ["demo", "check", "plan", "run", "convert", "info", "recover", "ops"]


class Help(CommandTest):
    def test_a_bare_parfocal_shows_examples_and_every_command(self):
        out, err = self.expect(0)
        self.assertEqual(err, "")
        self.assertLess(out.index("Examples:"), out.index("Commands:"))
        for command in COMMANDS:
            self.assertRegex(out, rf"(?m)^  {command} ")

    def test_help_is_the_same_page(self):
        self.assertEqual(self.expect(0)[0], self.expect(0, "--help")[0])

    def test_help_of_a_command_starts_with_examples(self):
        for command in COMMANDS:
            out, _ = self.expect(0, command, "--help")
            self.assertLess(out.index("Examples:"), out.index("Options:"), command)
            self.assertIn(f"parfocal {command}", out)

    def test_help_is_a_word_too(self):
        self.assertEqual(self.expect(0, "help")[0], self.expect(0, "--help")[0])
        self.assertEqual(self.expect(0, "help", "convert")[0], self.expect(0, "convert", "--help")[0])
        self.assertIn("did you mean 'convert'", self.expect(2, "help", "convrt")[1])

    def test_version_is_one_line(self):
        out, _ = self.expect(0, "--version")
        self.assertRegex(out, r"^parfocal \d+\.\d+\.\d+\n$")

    def test_unknown_command_suggests_the_nearest(self):
        _, err = self.expect(2, "rnu")
        self.assertIn("did you mean 'run'?", err)

    def test_unknown_option_suggests_the_nearest(self):
        _, err = self.expect(2, "run", "p.yaml", "--memroy", "1GiB")
        self.assertIn("unknown option '--memroy'", err)
        self.assertIn("did you mean '--memory'?", err)
        self.expect(2, "--jsn")

    def test_missing_or_malformed_arguments_are_a_bad_command_line(self):
        self.expect(2, "run")
        self.expect(2, "run", "p.yaml", "--memory", "lots")
        self.expect(2, "run", "p.yaml", "--threads", "0")
        self.expect(2, "run", "p.yaml", "--on-error", "ignore")
        self.expect(2, "demo", "stars")

    def test_bad_command_line_with_json_is_a_document(self):
        error = self.expect_json(2, "parfocal.error/1", "run", "--json", "--memroy")
        self.assertEqual(error["code"], 2)
        self.assertIn("--memory", error["issues"][0]["cure"])

    def test_a_full_disk_behind_stdout_is_reported(self):
        with open("/dev/full", "w") as full:
            done = subprocess.run([PARFOCAL, "ops"], stdout=full, stderr=subprocess.PIPE)
        self.assertEqual(done.returncode, 1)


if __name__ == "__main__":
    unittest.main()
