"""Compares a restarted gateway with the ledger: everything acknowledged is there, once, with its content."""
import collections
import urllib.parse

from load import Violation, _json
from streams import Stream


def require(condition, what):
    if not condition:
        raise Violation(what)


def observations(client, patient):
    """Every observation of a patient by id, over all pages."""
    found, path = {}, f"/fhir/Observation?patient={patient}&_count=1000"
    while path:
        bundle = _json(client["hospital"].get(path))
        for entry in bundle.get("entry", []):
            resource = entry["resource"]
            require(resource["id"] not in found, f"Observation/{resource['id']} is in two pages")
            found[resource["id"]] = resource
        following = next((one["url"] for one in bundle["link"] if one["relation"] == "next"), None)
        path = following and urllib.parse.urlsplit(following).path + "?" + urllib.parse.urlsplit(following).query
    return found


def alarms(client, patient):
    found, path = [], f"/alarms?state=all&patient={patient}&limit=500"
    while path:
        page = _json(client["centre"].get(path))
        found += page["alarms"]
        path = page["next"]
    return found


def acknowledged(worker, client, settled):
    """Before anything is sent again. What is in doubt may be there or not, so counts are compared only when `settled`."""
    by_number = collections.defaultdict(list)
    for reading in worker.readings:
        by_number[reading.number].append(reading)
    for number, patient in worker.patients.items():
        stored = observations(client, patient)
        mine = by_number[number]
        for reading in mine:
            resource = stored.get(reading.reference.removeprefix("Observation/"))
            require(resource is not None, f"{reading.item['id']} was acknowledged as {reading.reference} and is not there")
            require(not settled and worker.doubtful or resource["valueQuantity"]["value"] == reading.value,
                    f"{reading.reference} has {resource['valueQuantity']['value']}, acknowledged was {reading.value}")
            require(resource["subject"]["identifier"]["value"] == number, f"{reading.reference} is another patient's")
        keys = [resource["identifier"][0]["value"] for resource in stored.values()]
        require(len(keys) == len(set(keys)), f"a reading of {patient} is stored twice")
        if settled:
            require(len(stored) == len(mine), f"{patient} has {len(stored)} observations, sent were {len(mine)}")
        _alarms(worker, client, number, patient, mine, settled)
    for item, held in worker.held.items():
        state = _json(client["operator"].get(f"/admin/quarantine/{held}"))["state"]
        require(state == "waiting", f"{item} was acknowledged as waiting and is {state}")


def _alarms(worker, client, number, patient, readings, settled):
    found = alarms(client, patient)
    require(len({one["id"] for one in found}) == len(found), f"an alarm of {patient} is listed twice")
    by_cause = collections.defaultdict(list)
    for one in found:
        by_cause[one["origin"], one["reason"]["rule"].split(":")[0]].append(one)
        entries = [entry["note"] for entry in one["events"] if entry["note"] and entry["note"].startswith(worker.name)]
        require(len(entries) == len(set(entries)), f"an action on {one['id']} was done twice: {entries}")
    for cause, same in by_cause.items():
        require(sum(one["state"] != "resolved" for one in same) <= 1, f"{cause} of {patient} has two open alarms")
    notes = {entry["note"]: one["id"] for one in found for entry in one["events"]}
    for text, alarm in worker.notes.items():
        if alarm in {one["id"] for one in found}:
            require(notes.get(text) == alarm, f"the action {text} was acknowledged and is not on {alarm}")
    presses = sum(1 for _, who in worker.events if who == number)
    breaches = sum(1 for reading in readings if reading.item["kind"] == "oxygen-saturation" and reading.value < 90)
    for cause, sent in ((("event", "fall"), presses), (("limit", "oxygen-saturation"), breaches)):
        told = sum(one["occurrence_count"] for one in by_cause[cause])
        require(told == sent if settled else told >= sent, f"{cause} of {patient}: {told} occurrences, acknowledged were {sent}")


def repeats(worker, client, chance):
    """A vendor that never got our answers sends again: nothing is new, everything keeps its id."""
    for reading in chance.sample(worker.readings, min(10, len(worker.readings))):
        answer = _json(client["sensors"].post("/ingest/sensors", {"measurements": [reading.item]}))["results"][0]
        require((answer["outcome"], answer["observation"]) == ("duplicate", reading.reference), f"a repeat was answered {answer}")
    for item, _ in chance.sample(worker.events, min(5, len(worker.events))):
        answer = _json(client["sensors"].post("/ingest/sensors", {"events": [item]}))["results"][0]
        require(answer["outcome"] == "duplicate", f"a repeated event was answered {answer}")


class Journal:
    """The stream's order over all restarts: what was once shown stays, at its position, and each alarm's versions have no gap."""

    def __init__(self):
        self.cursor = 0
        self.versions = {}

    def follow(self, gateway, shown_live, last_alarm):
        live = {event.position: (event.alarm["id"], event.alarm["version"]) for event in shown_live}
        with Stream(gateway, last_event_id=self.cursor) as stream:
            while True:
                event = stream.next(30)
                require(event is not None, "the stream ended")
                alarm = event.alarm
                require(event.position > self.cursor, f"position {event.position} after {self.cursor}")
                require(alarm["version"] == self.versions.get(alarm["id"], 0) + 1,
                        f"alarm {alarm['id']} goes from version {self.versions.get(alarm['id'], 0)} to {alarm['version']}")
                require((event.name == "raised") == (alarm["version"] == 1), f"{event.name} is version {alarm['version']}")
                shown = live.pop(event.position, None)
                require(shown in (None, (alarm["id"], alarm["version"])), f"position {event.position} was {shown} before the restart")
                self.cursor = event.position
                self.versions[alarm["id"]] = alarm["version"]
                if alarm["id"] == last_alarm:
                    break
        require(not live, f"shown on a stream before the kill and gone after it: {sorted(live)[:5]}")
