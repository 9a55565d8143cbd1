#!/usr/bin/env python3
"""A year of a thousand patients through `hjemport backtest`: weight once a day, saturation and pulse twice.

    backtest_year.py PROGRAM RULES [PATIENTS] [DAYS]      prints the seconds, the readings and how many changes were found
"""
import datetime
import json
import os
import random
import subprocess
import sys
import tempfile
import time

LOINC = {"body-weight": ("29463-7", "kg"), "oxygen-saturation": ("59408-5", "%"), "heart-rate": ("8867-4", "/min")}


def observation(patient, kind, value, at):
    code, unit = LOINC[kind]
    stamp = at.strftime("%Y-%m-%dT%H:%M:%SZ")
    return json.dumps({
        "resourceType": "Observation", "status": "final", "code": {"coding": [{"system": "http://loinc.org", "code": code}]},
        "subject": {"reference": f"Patient/p{patient}"}, "effectiveDateTime": stamp, "issued": stamp,
        "valueQuantity": {"value": value, "unit": unit, "system": "http://unitsofmeasure.org", "code": unit}}, separators=(",", ":"))


def write(file, patients, days):
    chance = random.Random(1)
    people = [(chance.uniform(55, 110), chance.uniform(90, 97), chance.uniform(60, 85)) for _ in range(patients)]
    begin = datetime.datetime(2025, 1, 1, tzinfo=datetime.timezone.utc)
    count = 0
    for day in range(days):
        for hour in (7, 19):
            for patient, (weight, saturation, pulse) in enumerate(people):
                at = begin + datetime.timedelta(days=day, hours=hour, seconds=patient % 3600)
                if hour == 7:
                    file.write(observation(patient, "body-weight", round(weight + chance.gauss(0, 0.6), 1), at) + "\n")
                file.write(observation(patient, "oxygen-saturation", min(100, round(saturation + chance.gauss(0, 1))), at) + "\n")
                file.write(observation(patient, "heart-rate", round(pulse + chance.gauss(0, 6)), at) + "\n")
                count += 3 if hour == 7 else 2
    return count


def main():
    program, rules = sys.argv[1:3]
    patients, days = (int(argument) for argument in (sys.argv[3:5] or ("1000", "365")))
    with tempfile.NamedTemporaryFile("w", suffix=".ndjson", delete=False) as file:
        count = write(file, patients, days)
    try:
        began = time.monotonic()
        done = subprocess.run([program, "backtest", "--rules", rules, "--summary", file.name], capture_output=True, text=True, check=True)
        seconds = time.monotonic() - began
    finally:
        os.unlink(file.name)
    print(json.dumps({"seconds": round(seconds, 1), "readings": count, "patients": patients, "days": days, "rules": os.path.basename(rules),
                      "changes": json.loads(done.stdout)["total"]}))


main()
