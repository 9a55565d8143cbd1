"""Payloads as vendors send them. A builder makes one valid object; the test changes the one thing it is about."""
import datetime
import itertools

from identity import FNR_SYSTEM

_serial = itertools.count(1)


def unique(prefix):
    return f"{prefix}-{next(_serial)}"


def now():
    return datetime.datetime.now(datetime.timezone.utc)


def ago(**delta):
    """A time in the past, RFC 3339 with offset, to the second."""
    return stamp(now() - datetime.timedelta(**delta))


def ahead(**delta):
    return stamp(now() + datetime.timedelta(**delta))


def stamp(moment):
    return moment.replace(microsecond=0).isoformat()


def person(number):
    return {"system": FNR_SYSTEM, "value": number}


def whom(number=None, subject=None):
    who = {}
    if number:
        who["patient"] = person(number)
    if subject:
        who["subject"] = subject
    return who


def saturation(value, number=None, subject=None, **more):
    item = {"id": unique("r"), "time": ago(seconds=30), "kind": "oxygen-saturation", "value": value, "unit": "%"}
    return {**item, **whom(number, subject), **more}


def weight(value, number=None, subject=None, **more):
    item = {"id": unique("r"), "time": ago(seconds=30), "kind": "body-weight", "value": value, "unit": "kg"}
    return {**item, **whom(number, subject), **more}


def pressure(systolic, diastolic, number=None, subject=None, **more):
    item = {
        "id": unique("r"),
        "time": ago(seconds=30),
        "kind": "blood-pressure",
        "components": [
            {"kind": "systolic", "value": systolic, "unit": "mm[Hg]"},
            {"kind": "diastolic", "value": diastolic, "unit": "mm[Hg]"},
        ],
    }
    return {**item, **whom(number, subject), **more}


def event(kind="fall", number=None, subject=None, **more):
    item = {"id": unique("e"), "time": ago(seconds=10), "kind": kind}
    return {**item, **whom(number, subject), **more}


def readings(*items):
    return {"measurements": list(items)}


def events(*items):
    return {"events": list(items)}


def opentele(patient, *variables, date=None):
    """A completed questionnaire; `variables` are (name, type, value)."""
    output = [{"name": name, "type": kind, "value": value} for name, kind, value in variables]
    return {"name": "Daily", "version": "1.0", "QuestionnaireId": 42, "PatientId": patient,
            "date": date or ago(seconds=30).replace("+00:00", "Z"), "output": output}


def telli(device, reading_type, data, at=None):
    at = at or now() - datetime.timedelta(seconds=30)
    return {"deviceId": device, "readingType": reading_type, "time": str(int(at.timestamp() * 1000)), "mem": "0",
            "tzOffsetMinutes": "60", "genVer": "2", "devdata": {"r": "1", "batt": "9", "cycles": "0"}, "data": data}


def withings(user, *groups):
    return {"status": 0, "userid": user, "body": {"updatetime": int(now().timestamp()), "timezone": "Europe/Oslo",
                                                  "more": 0, "measuregrps": list(groups)}}


def withings_group(group_id, *measures, attrib=0, category=1, at=None):
    at = int((at or now() - datetime.timedelta(seconds=30)).timestamp())
    return {"grpid": group_id, "attrib": attrib, "category": category, "date": at, "created": at, "modified": at,
            "deviceid": "device-of-withings", "model": "BPM Connect",
            "measures": [{"value": value, "type": kind, "unit": exponent} for value, kind, exponent in measures]}
