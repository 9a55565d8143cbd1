"""What an Observation or DetectedIssue has to look like, checked from outside: R4's required elements and the vital-signs profiles.

Not a validator: it knows the resources this gateway makes, so that a wrong shape is found and nothing else is.
"""
import re

LOINC = "http://loinc.org"
UCUM = "http://unitsofmeasure.org"
CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
INSTANT = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$")
CODE = re.compile(r"^[^\s]+(\s[^\s]+)*$")


def problems(resource):
    kind = resource.get("resourceType")
    found = list(_empty(resource, kind or "?"))
    if kind == "Observation":
        found += _observation(resource)
    elif kind == "MedicationDispense":
        found += _dispense(resource)
    elif kind == "DetectedIssue":
        found += _issue(resource)
    else:
        found.append(f"resourceType {kind}")
    return found


def _empty(value, path):
    """FHIR has no empty strings, arrays or objects, and no null but in arrays of primitives."""
    if value in ("", [], {}) or value is None:
        yield f"{path}: empty"
    if isinstance(value, dict):
        for name, member in value.items():
            yield from _empty(member, f"{path}.{name}")
    if isinstance(value, list):
        for place, member in enumerate(value):
            yield from _empty(member, f"{path}[{place}]")


def _concept(concept, path):
    if not concept.get("coding") and not concept.get("text"):
        yield f"{path}: neither coding nor text"
    for coding in concept.get("coding", []):
        if not coding.get("system") or not CODE.match(coding.get("code", "")):
            yield f"{path}: a coding without system or code: {coding}"


def _quantity(quantity, path):
    if isinstance(quantity.get("value"), bool) or not isinstance(quantity.get("value"), (int, float)):
        yield f"{path}: value {quantity.get('value')!r}"
    if quantity.get("system") != UCUM or not quantity.get("code") or not quantity.get("unit"):
        yield f"{path}: no UCUM unit: {quantity}"
    if quantity.get("comparator", "<") not in ("<", "<=", ">=", ">"):
        yield f"{path}: comparator {quantity['comparator']}"


def _reference(reference, path, resource_type):
    if not reference.get("reference", f"{resource_type}/").startswith(f"{resource_type}/"):
        yield f"{path}: {reference['reference']} is no {resource_type}"
    if reference.get("type", resource_type) != resource_type:
        yield f"{path}: type {reference['type']}"
    if "identifier" in reference and not reference["identifier"].get("value"):
        yield f"{path}: an identifier without value"


def _value(part, path):
    values = [name for name in part if name.startswith("value")]
    if len(values) > 1:
        yield f"{path}: {values}"
    if not values and "dataAbsentReason" not in part and "component" not in part:
        yield f"{path}: neither a value nor why it is absent"
    if "valueQuantity" in part:
        yield from _quantity(part["valueQuantity"], f"{path}.valueQuantity")
    if "valueCodeableConcept" in part:
        yield from _concept(part["valueCodeableConcept"], f"{path}.valueCodeableConcept")


def _observation(resource):
    for element in ("id", "meta", "status", "code", "category", "subject", "effectiveDateTime", "issued", "performer", "identifier"):
        if element not in resource:
            yield f"Observation.{element}: missing"
    if resource.get("status") not in ("final", "amended", "entered-in-error"):
        yield f"Observation.status: {resource.get('status')}"
    for element in ("effectiveDateTime", "issued"):
        if not INSTANT.match(resource.get(element, "")):
            yield f"Observation.{element}: {resource.get(element)}"
    yield from _concept(resource.get("code", {}), "Observation.code")
    codings = resource.get("code", {}).get("coding", [])
    if any(coding["system"] == LOINC for coding in codings) and codings[0]["system"] != LOINC:
        yield "Observation.code: LOINC is there and not first"
    categories = [coding for one in resource.get("category", []) for coding in one.get("coding", [])]
    if not any(coding.get("system") == CATEGORY for coding in categories):
        yield "Observation.category: none of R4's own"
    yield from _reference(resource.get("subject", {}), "Observation.subject", "Patient")
    if "device" in resource:
        yield from _reference(resource["device"], "Observation.device", "Device")
    yield from _value(resource, "Observation")
    for place, part in enumerate(resource.get("component", [])):
        yield from _concept(part.get("code", {}), f"Observation.component[{place}].code")
        yield from _value(part, f"Observation.component[{place}]")
    if codings and codings[0].get("code") == "85354-9":  # the panel of the bp profile carries no value and both parts
        parts = {part["code"]["coding"][0]["code"] for part in resource.get("component", [])}
        if not {"8480-6", "8462-4"} <= parts or "valueQuantity" in resource:
            yield f"Observation: a blood pressure with the parts {parts}"


def _issue(resource):
    for element in ("id", "status", "severity", "identifiedDateTime", "code", "author", "identifier"):
        if element not in resource:
            yield f"DetectedIssue.{element}: missing"
    if resource.get("severity") not in ("low", "moderate", "high"):
        yield f"DetectedIssue.severity: {resource.get('severity')}"
    if not INSTANT.match(resource.get("identifiedDateTime", "")):
        yield f"DetectedIssue.identifiedDateTime: {resource.get('identifiedDateTime')}"
    yield from _concept(resource.get("code", {}), "DetectedIssue.code")


def _dispense(resource):
    for element in ("id", "meta", "identifier", "status", "category", "subject", "performer", "whenHandedOver"):
        if element not in resource:
            yield f"MedicationDispense.{element}: missing"
    if resource.get("status") not in ("in-progress", "completed", "entered-in-error"):
        yield f"MedicationDispense.status: {resource.get('status')}"
    if "medicationCodeableConcept" not in resource and "medicationReference" not in resource:  # R4: 1..1
        yield "MedicationDispense.medication[x]: missing"
    if not INSTANT.match(resource.get("whenHandedOver", "")):
        yield f"MedicationDispense.whenHandedOver: {resource.get('whenHandedOver')}"
    yield from _concept(resource.get("category", {}), "MedicationDispense.category")
    for place, performer in enumerate(resource.get("performer", [])):
        if "reference" in performer.get("actor", {}):  # forbidden by the hub's profile
            yield f"MedicationDispense.performer[{place}].actor.reference: must not be there"
    yield from _reference(resource.get("subject", {}), "MedicationDispense.subject", "Patient")
