"""Mixed load with a ledger outside the gateway: what was sent, what was acknowledged, what is in doubt.

A worker owns its patients and sends one thing at a time, so at most one thing per worker is in doubt when the gateway dies.
"""
import datetime
import http.client
import itertools
import threading

import identity
import payloads
from harness import checked_counts

GONE = (OSError, http.client.HTTPException)  # the gateway died, or had not answered yet


class Violation(AssertionError):
    """Something acknowledged is missing, different, or there twice."""


class Reading:
    def __init__(self, item, number):
        self.item = item
        self.number = number
        self.reference = None
        self.value = None  # acknowledged


class Worker:
    def __init__(self, name, chance):
        self.name = name
        self.chance = chance
        self.numbers = identity.some(3)
        self.first = {}          # number -> the reading that makes the patient
        self.patients = {}       # number -> Patient id, once enrolled
        self.readings = []       # acknowledged ones
        self.events = []         # (id, number), acknowledged
        self.notes = {}          # text -> alarm
        self.held = {}           # item id -> quarantine id
        self.alarms = {}         # number -> newest alarm of an event
        self.doubtful = None     # what was sent without an answer: a function that sends it again
        self.fault = None
        self.acknowledged = 0
        self._serial = itertools.count(1)
        self._clock = payloads.now() - datetime.timedelta(minutes=40)

    def _id(self, kind):
        return f"{self.name}-{kind}-{next(self._serial)}"

    def _time(self):
        self._clock += datetime.timedelta(milliseconds=50)
        return self._clock.isoformat()

    # -- one thing each; they return what sends it, which is also how it is sent again

    def one_reading(self, gateway_client):
        number = self.chance.choice(self.numbers)
        value = self.chance.choice([95, 96, 97, 88, 80])
        reading = Reading({**payloads.saturation(value, number), "id": self._id("r"), "time": self._time()}, number)
        return lambda client, again: self._push_readings(client, [reading], again)

    def batch(self, gateway_client):
        readings = []
        for _ in range(self.chance.randint(2, 8)):
            number = self.chance.choice(self.numbers)
            readings.append(Reading({**payloads.weight(f"{self.chance.randint(500, 990) / 10}", number), "id": self._id("w"),
                                     "time": self._time()}, number))
        return lambda client, again: self._push_readings(client, readings, again)

    def correction(self, gateway_client):
        weights = [one for one in self.readings if one.item["kind"] == "body-weight"]
        if not weights:
            return self.one_reading(gateway_client)
        reading = self.chance.choice(weights)
        serial = next(self._serial)  # a value this reading never had: an older one again is a late retry, and changes nothing
        item = {**reading.item, "value": f"{100 + serial // 1000}.{serial % 1000:03}"}
        return lambda client, again: self._correct(client, reading, item, again)

    def event(self, gateway_client):
        number = self.chance.choice(self.numbers)
        item = {**payloads.event("fall", number), "id": self._id("e")}
        return lambda client, again: self._push_event(client, item, number, again)

    def unplaced(self, gateway_client):
        item = {**payloads.saturation(95, subject="nobody"), "id": self._id("q")}
        return lambda client, again: self._push_unplaced(client, item)

    def action(self, gateway_client):
        if not self.alarms:
            return self.event(gateway_client)
        alarm = self.chance.choice(list(self.alarms.values()))
        version = int(_json(gateway_client["centre"].get(f"/alarms/{alarm}"))["version"])
        text = self._id("note")
        name = "resolve" if self.chance.random() < 0.3 else "note"
        return lambda client, again: self._act(client, alarm, version, name, text)

    # -- sending

    def _push(self, client, payload):
        answer = client["sensors"].post("/ingest/sensors", payload)
        if answer.status != 200:
            raise Violation(f"refused: {answer!r}")
        return checked_counts(answer.json())["results"]

    def _push_readings(self, client, readings, again):
        for reading, result in zip(readings, self._push(client, payloads.readings(*[one.item for one in readings]))):
            if result["outcome"] != "accepted" and not (again and result["outcome"] == "duplicate"):
                raise Violation(f"{reading.item['id']} was answered {result}")
            reading.reference = result["observation"]
            reading.value = float(reading.item["value"])
            self.readings.append(reading)

    def _correct(self, client, reading, item, again):
        result = self._push(client, payloads.readings(item))[0]
        if result["outcome"] not in (("amended", "duplicate") if again else ("amended",)) or result["observation"] != reading.reference:
            raise Violation(f"the correction of {reading.reference} was answered {result}")
        reading.item, reading.value = item, float(item["value"])

    def _push_event(self, client, item, number, again):
        result = self._push(client, payloads.events(item))[0]
        if result["outcome"] != "accepted" and not (again and result["outcome"] == "duplicate"):
            raise Violation(f"{item['id']} was answered {result}")
        self.events.append((item, number))
        if "alarms" in result:
            self.alarms[number] = result["alarms"][0]

    def _push_unplaced(self, client, item):
        result = self._push(client, payloads.readings(item))[0]
        if result["outcome"] != "quarantined" or result["reason"] != "unknown-subject":
            raise Violation(f"{item['id']} was answered {result}")
        self.held[item["id"]] = result["quarantine"]

    def _act(self, client, alarm, version, name, text):
        answer = client["centre"].post(
            f"/alarms/{alarm}/actions", {"action": name, "note": text, "by": {"id": self.name, "name": self.name}},
            headers={"If-Match": f'"{version}"', "Idempotency-Key": text})
        if answer.status == 409 and name == "resolve":
            return
        if answer.status != 200:
            raise Violation(f"{name} on version {version} of {alarm}: {answer!r}")
        self.notes[text] = alarm
        if name == "resolve":
            self.alarms = {number: one for number, one in self.alarms.items() if one != alarm}

    # -- running

    def enrol(self, client):
        for number in self.numbers:
            if number not in self.patients:
                if number not in self.first:  # after a kill the same one again
                    self.first[number] = Reading({**payloads.saturation(95, number), "id": self._id("first"), "time": self._time()}, number)
                reading = self.first[number]
                if reading.reference is None:
                    self._push_readings(client, [reading], True)
                subject = _json(client["hospital"].get("/fhir/" + reading.reference))["subject"]["reference"]
                patient = subject.removeprefix("Patient/")
                if client["clinic"].put(f"/patients/{patient}/programmes", {"programmes": ["copd"]}).status not in (200, 201):
                    raise Violation("a patient cannot be enrolled")
                self.patients[number] = patient

    def run(self, gateway, stop):
        client = {name: gateway.client(name) for name in ("sensors", "centre", "hospital", "clinic")}
        kinds = [self.one_reading] * 10 + [self.batch] * 3 + [self.correction] * 3 + [self.event] * 4 + [self.action] * 3 + [self.unplaced]
        try:
            while not stop.is_set():
                send = self.chance.choice(kinds)(client)
                self.doubtful = send
                send(client, False)
                self.doubtful = None
                self.acknowledged += 1
        except GONE:
            pass
        except Exception as fault:
            self.fault = fault
        finally:
            for one in client.values():
                one.close()

    def settle(self, client):
        """Sends again what was in doubt: now it has to be accepted, or found to be there."""
        if self.doubtful is not None:
            self.doubtful(client, True)
            self.doubtful = None


def _json(answer):
    if answer.status != 200:
        raise Violation(f"not there: {answer!r}")
    return answer.json()


class Load:
    """The workers' threads against one run of the gateway."""

    def __init__(self, workers, gateway):
        self.stop = threading.Event()
        self.threads = [threading.Thread(target=worker.run, args=(gateway, self.stop)) for worker in workers]
        for thread in self.threads:
            thread.start()

    def ended(self):
        return not any(thread.is_alive() for thread in self.threads)

    def join(self):
        self.stop.set()
        for thread in self.threads:
            thread.join()
