"""`hjemport deadletters` against a running gateway whose receiver refuses things."""
import json
import subprocess
import unittest

import identity
import payloads
from harness import GatewayTest, binary, standard_config, variable, wait_until
from sink import Sink, destination


class DeadLetterCommands(GatewayTest):
    @classmethod
    def configuration(cls):
        cls.sink = Sink()
        cls.addClassCleanup(cls.sink.stop)
        cls.sink.refuse = lambda resource: resource.get("valueQuantity", {}).get("value") in cls.refused
        cls.refused = {71, 72, 73}
        return {**standard_config(), "destinations": [destination(cls.sink)]}

    def deadletters(self, *arguments, client="operator"):
        reach = ("--url", f"http://127.0.0.1:{self.gateway.port}", "--token", "env:TOKEN_" + variable(client))
        return subprocess.run([binary(), "deadletters", *arguments, *reach], capture_output=True, text=True, timeout=30,
                              env=self.gateway.environment(), check=False)

    def listed(self):
        done = self.deadletters("list", "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def parked(self, *values):
        """Readings that are refused, each of a person of its own; gives the observations and their dead letters."""
        observations = [self.one(payloads.saturation(value, identity.fresh()))["observation"] for value in values]
        letters = wait_until(lambda: (found := {one["what"]: one["id"] for one in self.listed()}).keys() >= set(observations) and found,
                             what="the dead letters")
        return observations, [letters[one] for one in observations]

    def test_from_the_table_to_the_receiver(self):
        observations, letters = self.parked(71, 72)
        table = self.deadletters("list", "--destination", "record")
        self.assertEqual(table.returncode, 0, table.stderr)
        self.assertTrue(table.stdout.startswith("ID "), table.stdout)
        for what, letter in zip(observations, letters):
            self.assertIn(what, table.stdout)
            self.assertIn(letter, table.stdout)
        shown = self.deadletters("show", letters[0])
        self.assertIn(observations[0], shown.stdout)
        self.assertIn("422", shown.stdout)

        again = self.deadletters("retry", letters[0])
        self.assertEqual((again.returncode, again.stdout), (0, f"{letters[0]} queued again\n"), again.stderr)
        wait_until(lambda: any(one["what"] == observations[0] for one in self.listed()), what="the second refusal")

        self.refused -= {71, 72}
        everything = self.deadletters("retry", "--all", "--destination", "record")
        self.assertEqual(everything.returncode, 0, everything.stderr)
        values = lambda: {one.get("valueQuantity", {}).get("value") for one in self.sink.current("Observation")}
        wait_until(lambda: {71, 72} <= values(), what="the delivery of what was refused before")
        self.assertFalse({one["what"] for one in self.listed()} & set(observations))

    def test_discarding_is_for_good(self):
        _, [letter] = self.parked(73)
        self.assertEqual(self.deadletters("discard", letter, "--why", "the receiver will never take it").returncode, 0)
        self.assertNotIn(letter, [one["id"] for one in self.listed()])
        for act in (("retry", letter), ("discard", letter, "--why", "again")):
            gone = self.deadletters(*act)
            self.assertEqual((gone.returncode, gone.stdout), (1, ""))
            self.assertIn("404", gone.stderr)

    def test_a_destination_nobody_configured_and_another_tenants(self):
        missing = self.deadletters("list", "--destination", "nope")
        self.assertEqual(missing.returncode, 1)
        self.assertIn("no such destination", missing.stderr)
        foreign = self.deadletters("list", "--destination", "record", client="operator-oslo")
        self.assertEqual(foreign.returncode, 1)


if __name__ == "__main__":
    unittest.main()
