"""The stream of alarm changes: what a response centre's screen rests on (design 8.2, invariant 9)."""
import threading
import time
import unittest

import identity
import payloads
from harness import GatewayTest, standard_config, wait_until
from streams import SleepingReader, Stream


class StreamTest(GatewayTest):
    @classmethod
    def configuration(cls):
        return {**standard_config(), "http": {"stream_write": "500ms"}}

    def press(self, number=None, **more):
        item = payloads.event("fall", number or identity.fresh(), **more)
        return self.accept(payloads.events(item))["results"][0]["alarms"][0]

    def test_headers_and_a_comment_come_at_once(self):
        before = time.monotonic()
        with Stream(self.gateway) as stream:
            self.assertEqual(stream.status, 200)
            self.assertTrue(stream.comments.get(timeout=5).startswith(":"))
            self.assertLess(time.monotonic() - before, 5)  # well before the comment that says "nothing happened"
            self.assertEqual(stream.headers["Content-Type"].split(";")[0], "text/event-stream")
            self.assertIn("no-", stream.headers["Cache-Control"])

    def test_without_a_position_it_starts_now(self):
        self.press()
        with Stream(self.gateway) as stream:
            after = self.press()
            self.assertEqual(stream.next().alarm["id"], after)

    def test_the_list_and_the_stream_join_without_a_gap(self):
        first = self.press()
        listed = self.gateway.as_("centre").get("/alarms?state=open").json()
        second, third = self.press(), self.press()
        with Stream(self.gateway, last_event_id=listed["position"]) as stream:
            self.assertEqual([event.alarm["id"] for event in stream.take(2)], [second, third])
        self.assertIn(first, [one["id"] for one in self.alarms()])

    def test_positions_grow_and_every_event_is_one_line(self):
        with Stream(self.gateway) as stream:
            for text in ("line one\nline two", "colon: data: x", "\u2028", "\r\nevent: forged\n\n"):
                self.press(text=text)
            events = stream.take(4)  # the reader refuses an event with a field twice
        positions = [event.position for event in events]
        self.assertEqual(positions, sorted(set(positions)))
        self.assertEqual({event.name for event in events}, {"raised"})

    def test_resuming_anywhere_under_load_gives_no_gap_and_no_repeat(self):
        numbers = identity.some(12)
        done = threading.Event()
        faults = []

        def push(mine):
            client = self.gateway.client("sensors")
            try:
                for turn in range(40):
                    for number in mine:
                        answer = client.post("/ingest/sensors", {
                            "events": [payloads.event("fall", number, id=f"{number[:6]}-{turn}-{number[6:9]}")],
                            "measurements": [payloads.saturation(95, number)]})
                        if answer.status != 200:
                            raise AssertionError(answer)
            except Exception as fault:
                faults.append(fault)
            finally:
                client.close()

        with Stream(self.gateway) as whole:
            self.press(numbers[0])
            start = whole.next().position
            threads = [threading.Thread(target=push, args=(numbers[part::3],)) for part in range(3)]
            for thread in threads:
                thread.start()

            resumed, cursor = [], start

            def resume():
                nonlocal cursor
                while not done.is_set():
                    with Stream(self.gateway, last_event_id=cursor) as stream:
                        for _ in range(7):
                            event = stream.silent_for(0.3)
                            if event is None:
                                break
                            resumed.append(event.position)
                            cursor = event.position

            follower = threading.Thread(target=resume)
            follower.start()
            for thread in threads:
                thread.join()
            self.assertEqual(faults, [])
            end = self.press()
            whole.until(lambda event: event.alarm["id"] == end, 20)
            expected = [event.position for event in whole.received if event.position > start]
            limit = time.monotonic() + 20
            while cursor < expected[-1] and time.monotonic() < limit:
                time.sleep(0.02)
            done.set()
            follower.join()
        self.assertGreaterEqual(len(expected), 12 * 40)
        self.assertEqual(resumed, expected)

    def test_several_streams_see_the_same(self):
        streams = [Stream(self.gateway) for _ in range(5)]
        try:
            for _ in range(20):
                self.press()
            seen = [[(event.position, event.data) for event in stream.take(20)] for stream in streams]
            self.assertTrue(all(one == seen[0] for one in seen))
        finally:
            for stream in streams:
                stream.close()

    def test_a_position_far_back_comes_from_the_journal_in_pages(self):
        listed = self.gateway.as_("centre").get("/alarms?state=open").json()
        number = identity.fresh()
        for _ in range(5):
            self.accept(payloads.events(*[payloads.event("fall", number) for _ in range(1000)]))  # more than the ring in memory keeps
        with Stream(self.gateway, last_event_id=listed["position"]) as stream:
            counts = [event.alarm["occurrence_count"] for event in stream.take(5000, 60)]
            self.assertEqual(counts, list(range(1, 5001)))
            self.press()
            self.assertEqual(stream.next().name, "raised")

    def test_positions_nobody_was_given_are_gone_or_malformed(self):
        newest = self.gateway.as_("centre").get("/alarms").json()["position"]
        for position, status in ((newest + 1000, 410), (2**62, 410), ("abc", 400), ("-5", 400), ("99999999999999999999999", 400)):
            with self.subTest(position=position), Stream(self.gateway, last_event_id=position) as stream:
                self.assertEqual(stream.status, status)

    def test_a_reader_that_does_not_read_is_ended_and_the_others_go_on(self):
        number = identity.fresh()
        before = self.gateway.metric("hjemport_http_evicted_streams_total")
        sleeper = SleepingReader(self.gateway)
        try:
            with Stream(self.gateway) as stream:
                note = "x" * 500
                total = 0
                for _ in range(12):  # a hundred occurrences an event: some 15 MB, more than the kernel buffers of one connection
                    self.accept(payloads.events(*[payloads.event("fall", number, text=note) for _ in range(80)]))
                    total += 80
                counts = [event.alarm["occurrence_count"] for event in stream.take(total, 60)]
            self.assertEqual(counts, list(range(1, total + 1)))
            # Reading what the kernel still holds would take minutes through so small a window, so the gateway is asked.
            wait_until(lambda: self.gateway.metric("hjemport_http_evicted_streams_total") == before + 1, what="eviction")
        finally:
            sleeper.close()


if __name__ == "__main__":
    unittest.main()
