// What follows from records is made again and compared: tables, analysis, verdict, summary, figures and page.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { analyseExperiment } from '../analyse/analyse-experiment.ts';
import { planOfRecords } from '../analyse/plan-of-records.ts';
import { canonicalJson } from '../core/canonical-json.ts';
import { InputError } from '../core/errors.ts';
import { readBytes, readText } from '../core/node/read-file.ts';
import { parseJson } from '../core/read-json.ts';
import { CHECKSUMS_FILE, CONFIG_FILE, checksumFaults } from '../report/checksums.ts';
import { MATRIX_FOLDER } from '../report/defence-files.ts';
import { DECISIONS_FILE, FILTERS_FILE, PROMPTS_FILE } from '../report/file-names.ts';
import {
  ANALYSIS_FILE,
  makeReport,
  PAGE_FILE,
  type ReportContent,
  reportVersions,
  SUMMARY_FILE,
} from '../report/make-report.ts';
import { loadPngRenderer } from '../report/node/svg-to-png.ts';
import { REFERENCE_FILE } from '../report/reference.ts';
import { isStored, readStored, storedName } from '../report/stored-files.ts';
import { imageOf } from '../report/write-report.ts';
import type { Finding } from './finding.ts';
import type { ResultsPlan } from './planned-records.ts';
import type { ResultsFolder } from './results-folder.ts';
import { markupDifference } from './same-markup.ts';

/** How the derived files of a folder came out. */
export interface DerivedCheck {
  readonly findings: readonly Finding[];
  /** Files that were made again and compared. */
  readonly compared: number;
  /** Whether the report says that an older release made it, so that it was not made again. */
  readonly isOlder: boolean;
  /** What was not compared, and why, in sentences. */
  readonly notes: readonly string[];
}

const DATA_FILES = ['results.csv', 'results.jsonl', CONFIG_FILE];
const FIGURES = 'figures';

/** Files of a folder of the report. */
function filesBelow(folder: string, name: string): string[] {
  const path = join(folder, name);
  return existsSync(path) ? readdirSync(path).map((file) => `${name}/${file}`) : [];
}

/** Files of a report that lie in a folder, figures and cells of a matrix included. */
function reportFiles(folder: string): string[] {
  const drawn = [...filesBelow(folder, FIGURES), ...filesBelow(folder, MATRIX_FOLDER)];
  const others = [
    ANALYSIS_FILE,
    SUMMARY_FILE,
    PAGE_FILE,
    REFERENCE_FILE,
    PROMPTS_FILE,
    FILTERS_FILE,
    DECISIONS_FILE,
  ];
  return [...others.filter((name) => isStored(folder, name)), ...drawn.sort()];
}

const versionsSchema = z.looseObject({
  verdict: z.looseObject({ status: z.string() }).exactOptional(),
  versions: z.looseObject({ analysis: z.int().min(1), report: z.int().min(1) }).exactOptional(),
});

/** What a folder's analysis says of itself. @throws InputError */
function statedAnalysis(folder: string): z.infer<typeof versionsSchema> {
  const file = join(folder, ANALYSIS_FILE);
  const remedy = 'write the report again with `tinypoison report`';
  const source = { file, what: 'analysis', remedy };
  return parseJson<z.infer<typeof versionsSchema>>(readText(file), versionsSchema, source);
}

function checksumFindings(folder: string, expected: readonly string[]): Finding[] {
  const { isThere, broken, unnamed } = checksumFaults(folder, expected);
  if (!isThere) return [{ run: null, text: `${CHECKSUMS_FILE} is not there` }];
  return [
    ...broken.map((name) => ({
      run: null,
      text: isStored(folder, name)
        ? `${name} was changed after it was written: it does not match ${CHECKSUMS_FILE}`
        : `${storedName(name)} is named in ${CHECKSUMS_FILE}, but is not there`,
    })),
    ...unnamed.map((name) => ({ run: null, text: `${name} is not named in ${CHECKSUMS_FILE}` })),
  ];
}

const firstDifference = (found: string, expected: string) => {
  const [ours, theirs] = [found.split('\n'), expected.split('\n')];
  const line = ours.findIndex((text, place) => text !== theirs[place]);
  return line < 0 ? ours.length + 1 : line + 1;
};

function differs(name: string, what: string): Finding {
  return { run: null, text: `${name} is not what the records give: ${what}` };
}

/** Null where it is damaged. */
function textOf(folder: string, name: string): string | null {
  try {
    return readStored(folder, name).toString('utf8');
  } catch (error) {
    if (error instanceof InputError) return null;
    throw error;
  }
}

/** Text files to the byte. */
function textFindings(folder: string, data: ReportContent['data']): Finding[] {
  return [...data].flatMap(([name, expected]): Finding[] => {
    if (name === 'results.jsonl' || name === CONFIG_FILE) return [];
    if (!isStored(folder, name)) return [{ run: null, text: `${storedName(name)} is not there` }];
    const found = textOf(folder, name);
    if (found === null) return [differs(storedName(name), 'it cannot be unpacked')];
    return found === expected ? [] : [differs(name, `line ${firstDifference(found, expected)} is another`)];
  });
}

function markupFinding(folder: string, name: string, expected: string): Finding[] {
  const path = join(folder, name);
  if (!existsSync(path)) return [{ run: null, text: `${name} is not there` }];
  const difference = markupDifference(readText(path), expected);
  return difference === null
    ? []
    : [differs(name, `it has ${difference.one} where ${difference.other} should be`)];
}

/** The foot of a page says what made it, which no record knows. */
const withoutFooter = (page: string) => page.replace(/<footer>[^<]*<\/footer>/, '<footer></footer>');

function pageFinding(folder: string, expected: string): Finding[] {
  const path = join(folder, PAGE_FILE);
  if (!existsSync(path)) return [{ run: null, text: `${PAGE_FILE} is not there` }];
  const difference = markupDifference(withoutFooter(readText(path)), withoutFooter(expected));
  return difference === null
    ? []
    : [differs(PAGE_FILE, `it has ${difference.one} where ${difference.other} should be`)];
}

/** PNG images: drawn again of the figures made again. */
async function imageFindings(folder: string, figures: ReportContent['figures']): Promise<DerivedCheck> {
  const images = [...figures].map(([path, svg]) => [imageOf(path), svg] as const);
  const present = images.filter(([name]) => existsSync(join(folder, name)));
  if (present.length === 0) return { findings: [], compared: 0, isOlder: false, notes: [] };
  const renderer = await loadPngRenderer();
  if ('reason' in renderer)
    return {
      findings: [],
      compared: 0,
      isOlder: false,
      notes: [`PNG figures were not compared: ${renderer.reason}.`],
    };
  const findings = images.flatMap(([name, svg]): Finding[] => {
    if (!existsSync(join(folder, name))) return [{ run: null, text: `${name} is not there` }];
    const isSame = Buffer.from(renderer.render(svg)).equals(readBytes(join(folder, name)));
    return isSame ? [] : [differs(name, 'it is not the picture of its figure')];
  });
  return { findings, compared: images.length, isOlder: false, notes: [] };
}

/** Everything that follows from the records, made again. */
function makeAgain({ folder, name, configText, records }: ResultsFolder, plan: ResultsPlan): ReportContent {
  const reference = join(folder, REFERENCE_FILE);
  const described =
    'reason' in plan || plan.description === undefined ? {} : { description: plan.description };
  return makeReport({
    experiment: {
      name: 'reason' in plan ? name : plan.name,
      ...described,
      configText,
      records,
      ...(existsSync(reference) ? { reference } : {}),
      ...('reason' in plan ? {} : planOfRecords(plan)),
    },
    environment: { version: '', node: '', engine: '', revision: null },
  });
}

async function compareReport(results: ResultsFolder, plan: ResultsPlan): Promise<DerivedCheck> {
  const { folder } = results;
  const { data, figures, page } = makeAgain(results, plan);
  const expected = new Set([...data.keys(), ...figures.keys(), PAGE_FILE]);
  for (const path of figures.keys()) expected.add(imageOf(path));
  const surplus = reportFiles(folder).filter((name) => !expected.has(name));
  const images = await imageFindings(folder, figures);
  return {
    findings: [
      ...textFindings(folder, data),
      ...[...figures].flatMap(([name, svg]) => markupFinding(folder, name, svg)),
      ...images.findings,
      ...pageFinding(folder, page),
      ...surplus.map((name) => differs(name, 'they give no such file')),
    ],
    compared: data.size + figures.size + images.compared + 1,
    isOlder: false,
    notes: images.notes,
  };
}

/** An analysis of this version beside a report of an older one: the same, but for the versions that it names. */
function analysisFindings(results: ResultsFolder, plan: ResultsPlan): Finding[] {
  const content = (text: string) => {
    const { versions: _, ...rest } = z.record(z.string(), z.unknown()).parse(JSON.parse(text));
    return canonicalJson(rest);
  };
  const expected = makeAgain(results, plan).data.get(ANALYSIS_FILE) ?? '{}';
  const isSame = content(readText(join(results.folder, ANALYSIS_FILE))) === content(expected);
  return isSame ? [] : [differs(ANALYSIS_FILE, 'it claims to be of this version, and a value is another')];
}

/** What this release makes of the records, beside what an older report says. */
function verdictNote(
  { name, configText, records }: ResultsFolder,
  stated: { status: string } | undefined,
): string {
  const { status } = analyseExperiment({ name, configText, records }).verdict;
  const found =
    stated === undefined
      ? 'the analysis beside them names none'
      : `the analysis beside them says ${stated.status}`;
  return `The verdict that this release draws from the records is ${status}; ${found}, which was not checked.`;
}

/**
 * Holds the files beside results.jsonl against what the records give.
 * @throws InputError where a newer release made them
 */
export async function checkDerived(results: ResultsFolder, plan: ResultsPlan): Promise<DerivedCheck> {
  const { folder } = results;
  const present = reportFiles(folder);
  if (present.length === 0)
    return { findings: checksumFindings(folder, DATA_FILES), compared: 0, isOlder: false, notes: [] };
  if (!present.includes(ANALYSIS_FILE))
    return {
      findings: [{ run: null, text: `${ANALYSIS_FILE} is not there` }],
      compared: 0,
      isOlder: false,
      notes: [],
    };
  let stated: z.infer<typeof versionsSchema>;
  try {
    stated = statedAnalysis(folder);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return { findings: [{ run: null, text: error.message }], compared: 0, isOlder: false, notes: [] };
  }
  const { analysis, report } = reportVersions;
  const { verdict, versions: made = { analysis: 1, report: 1 } } = stated;
  if (made.analysis > analysis || made.report > report)
    throw new InputError(
      `the report in ${folder} was made by a newer release (analysis ${made.analysis}, report ${made.report}; here ${analysis}, ${report}): verify it with that release`,
    );
  if (made.analysis === analysis && made.report === report) {
    const compared = await compareReport(results, plan);
    return {
      ...compared,
      findings: [
        ...checksumFindings(folder, [...DATA_FILES, ...present.filter((file) => file !== PAGE_FILE)]),
        ...compared.findings,
      ],
    };
  }
  const named = [
    ...DATA_FILES,
    ANALYSIS_FILE,
    SUMMARY_FILE,
    REFERENCE_FILE,
    PROMPTS_FILE,
    FILTERS_FILE,
    DECISIONS_FILE,
  ];
  const sameAnalysis = made.analysis === analysis ? analysisFindings(results, plan) : [];
  return {
    findings: [...checksumFindings(folder, named), ...sameAnalysis],
    compared: made.analysis === analysis ? 1 : 0,
    isOlder: true,
    notes: [
      `Analysis, summary, figures and page are of an older release (analysis ${made.analysis}, report ${made.report}; here ${analysis}, ${report}) and were not made again: ` +
        `only runs and tables were checked. \`tinypoison report ${folder}\` writes them again from the runs.`,
      verdictNote(results, verdict),
    ],
  };
}
