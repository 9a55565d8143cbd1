"""The commands that need no running gateway, and refusals to start."""
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

from harness import Gateway, binary, standard_config

ROOT = pathlib.Path(os.environ.get("HJEMPORT_ROOT", pathlib.Path(__file__).parents[2]))


def run(*arguments, environment=None):
    done = subprocess.run([binary(), *arguments], capture_output=True, timeout=30, check=False, stdin=subprocess.DEVNULL,
                          env={**os.environ, **(environment or {})})
    return done.returncode, done.stdout.decode(), done.stderr.decode()


class CommandLine(unittest.TestCase):
    def test_version_and_help(self):
        for arguments in (["version"], ["--version"], ["--help"], ["serve", "--help"], ["check", "--help"], ["convert", "--help"]):
            with self.subTest(arguments=arguments):
                status, out, _ = run(*arguments)
                self.assertEqual(status, 0)
                self.assertNotEqual(out, "")

    def test_wrong_use_is_64(self):
        for arguments in ([], ["no-such-command"], ["check"], ["check", "--no-such-option"], ["serve", "--no-such-option"]):
            with self.subTest(arguments=arguments):
                status, out, errors = run(*arguments)
                self.assertEqual((status, out), (64, ""))
                self.assertNotEqual(errors, "")

    def test_the_example_configuration_is_usable(self):
        example = ROOT / "deploy" / "hjemport.example.yaml"
        names = {name: f"a-secret-of-{name}-0123456789" for name in
                 ("OTH_TOKEN", "SENSORS_TOKEN", "CENTRE_TOKEN", "HOSPITAL_TOKEN", "OPERATOR_TOKEN", "EPJ_TOKEN", "METRICS_TOKEN", "BROKER_PASSWORD")}
        status, out, errors = run("check", "--config", str(example), environment=names)
        self.assertEqual(status, 0, out + errors)
        status, out, errors = run("check", "--config", str(example), environment={**names, "OTH_TOKEN": ""})
        self.assertEqual(status, 1)
        self.assertRegex(out + errors, r"hjemport\.example\.yaml:\d+: ")

    def test_every_problem_is_told_with_its_line_and_serve_refuses_the_same_file(self):
        config = standard_config()
        config["surprise"] = 1
        config["sources"][0]["adapter"] = "telegraph"
        config["clients"][0]["roles"] = ["king"]
        config["listen"] = [{"address": "0.0.0.0", "port": 0}]
        gateway = Gateway(config)
        self.addCleanup(gateway.clean_up)
        gateway.config_file.write_text(json.dumps(config, indent=1))
        told = {}
        for command in ("check", "serve"):
            status, out, errors = run(command, "--config", str(gateway.config_file), environment=gateway.environment())
            self.assertEqual(status, 1, command)
            told[command] = out + errors
        for word in ("surprise", "telegraph", "king", "plaintext"):
            self.assertRegex(told["check"], rf"(?m)hjemport\.yaml:\d+: .*{word}")
            self.assertRegex(told["serve"], rf"(?m)hjemport\.yaml:\d+: .*{word}")

    def test_scores_of_lines_some_of_which_are_bad(self):
        lines = [{"respiratory_rate": 25}, {"respiratory_rate": "fast"}, {"respiratory_rate": 12}]
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "inputs.ndjson"
            file.write_text("\n".join(json.dumps(line) for line in lines))
            status, out, errors = run("score", "news2", str(file))
            self.assertEqual(status, 2)
            scores = [json.loads(line) for line in out.splitlines()]
            self.assertEqual([(score["total"], score["red_score"], score["possible"]) for score in scores],
                             [(None, True, {"min": 3, "max": 20}), (None, False, {"min": 0, "max": 17})])
            self.assertEqual([json.loads(line)["line"] for line in errors.splitlines()], [2])
            file.write_text(json.dumps(lines[0]))
            with open("/dev/full", "wb") as full:
                done = subprocess.run([binary(), "score", "news2", str(file)], stdout=full, stderr=subprocess.DEVNULL, timeout=30, check=False)
            self.assertEqual(done.returncode, 1)  # what nobody can read is no success

    def test_a_secret_in_the_file_is_an_error_that_does_not_repeat_it(self):
        config = standard_config()
        config["clients"][0]["auth"] = {"bearer": "a-secret-in-the-wrong-place"}
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "hjemport.yaml"
            file.write_text(json.dumps(config, indent=1))
            (file.parent / "rules.yaml").write_text('{"programmes": []}')
            status, out, errors = run("check", "--config", str(file), environment=Gateway(config, folder=folder).environment())
        self.assertEqual(status, 1)
        self.assertNotIn("a-secret-in-the-wrong-place", out + errors)

    def test_a_database_without_its_secret_is_not_served(self):
        gateway = Gateway()
        self.addCleanup(gateway.clean_up)
        gateway.start()
        self.assertEqual(gateway.stop(), 0)
        secret = gateway.folder / "data" / "installation.secret"
        self.assertEqual(secret.stat().st_mode & 0o777, 0o600)
        secret.unlink()
        with self.assertRaises(AssertionError):
            gateway.start()
        self.assertFalse(secret.exists())


if __name__ == "__main__":
    unittest.main()
