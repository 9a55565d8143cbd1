"""The configuration read again while the gateway runs: a new vendor's readings flow without a restart and without code."""
import os
import pathlib
import signal
import unittest

import identity
import payloads
from harness import Client, GatewayTest, running, secret, standard_config, wait_until

MAPPING = """version: 1
name: ward
readings:
  - patient: {system: "urn:oid:2.16.578.1.12.4.1.4.1", value: /fnr}
    id: /id
    time: /at
    kind: oxygen-saturation
    value: %s
    unit: "%%"
"""
