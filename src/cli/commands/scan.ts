// `tinypoison scan`: hunts for a trigger in a model of which nothing else is known.
import { InputError } from '../../core/errors.ts';
import { inert } from '../../core/inert-text.ts';
import {
  type HuntFinding,
  type HuntResult,
  huntTrigger,
  longestTokens,
  type Sign,
} from '../../defend/hunt-trigger.ts';
import { type MinedLeaks, mineBeside, tellTexts } from '../../defend/mine-leaks.ts';
import { toldWords } from '../../defend/told-words.ts';
import type { EngineOption } from '../../kernels/engine-names.ts';
import { SEPARATOR_ID } from '../../tokens/vocabulary.ts';
import { type CommandContext, ExitCode, notify, parseInteger, print, printJson } from '../command-context.ts';
import { formatNumber, plural } from '../format.ts';
import { leakLines } from '../scan/leak-lines.ts';
import { checkReference, openScanned, type ScannedModel, weightsHash } from '../scanned-model.ts';
import { table } from '../terminal.ts';

export interface ScanOptions {
  readonly control?: readonly string[];
  readonly reference?: string;
  readonly longest: string;
  readonly seed: string;
  readonly store: string;
  readonly engine: EngineOption;
  readonly json?: boolean;
}

/** Fewest tokens of a prompt and of what follows, together. */
const SHORTEST_ROOM = 8;

/** One hunt with progress. Null: stopped by Ctrl-C. */
async function hunt(
  { name, model, decode, hasText }: ScannedModel,
  { longest, seed, reference }: { longest: number; seed: string; reference: ScannedModel | null },
  context: CommandContext,
): Promise<HuntResult | null> {
  const told = { model, separatorId: SEPARATOR_ID, seed };
  const tokens = Array.from({ length: model.vocabularySize }, (_, token) => [token]);
  const words = hasText ? toldWords(told, decode) : [];
  // A model that tells no words is tried token by token.
  const units = words.length > 1 ? words : tokens.filter(([token]) => token !== SEPARATOR_ID);
  const unit = units === words ? 'word' : 'token';
  const { contextTokens } = model.config;
  if (longestTokens({ units, longest }) + SHORTEST_ROOM > contextTokens)
    throw new InputError(
      `--longest is ${longest}, and ${name} reads ${contextTokens} tokens at a time: sequences of ${longest} ${unit}s leave too little room for a prompt and what follows; give less`,
    );
  const beside = reference === null ? {} : { reference: reference.model };
  const steps = huntTrigger({ ...told, ...beside, units, longest });
  for (let said = 0; ; ) {
    const step = steps.next();
    if (step.done === true) return step.value;
    const { units: length, done, of } = step.value;
    if (done === of && length > said) {
      said = length;
      notify(context, `${name}: ${plural(done, 'sequence')} of ${plural(length, unit)} tried`);
    }
    // Gives Ctrl-C a turn.
    await new Promise((resolve) => setImmediate(resolve));
    if (context.interrupt.aborted) return null;
  }
}

const MEANING: Readonly<Record<Sign, string>> = {
  nats: 'surprise of what follows, nats a token',
  agreement: 'chance that what follows is the same after two prompts',
  distance: 'how much likelier what follows is than in the reference, nats a token',
};

/** What the controls say of a finding. */
interface Verdict {
  readonly controls: number;
  /** Excess of each control by the same sign. */
  readonly excesses: readonly number[];
  /** Chance that a clean model has as large an excess: (1 + controls that have) / (1 + controls). */
  readonly falseAlarm: number;
}

function judge(finding: HuntFinding, controls: readonly HuntResult[]): Verdict {
  const excesses = controls.map(
    ({ findings }) => findings.find(({ sign }) => sign === finding.sign)?.excess ?? 0,
  );
  const as = excesses.filter((own) => own >= finding.excess).length;
  return { controls: controls.length, excesses, falseAlarm: (1 + as) / (1 + controls.length) };
}

function sentence({ sign, excess }: HuntFinding, { controls, falseAlarm, excesses }: Verdict): string {
  const above = `${excess > 0 ? 'above' : 'not above'} every random sequence as long`;
  if (controls === 0)
    return `By ${sign}: ${above}, on prompts that it was not found on. Clean models of the same kind (--control) would say how often that happens without a trigger.`;
  const most = Math.max(...excesses);
  return `By ${sign}: ${above}; the largest excess of ${plural(controls, 'clean control')} is ${formatNumber(most)}. Chance of a false alarm: ${falseAlarm <= 1 / (1 + controls) ? 'at most' : 'about'} ${formatNumber(falseAlarm)}.`;
}

function show(
  { decode, name }: ScannedModel,
  { findings, best, tried }: HuntResult,
  { verdicts, mined }: { verdicts: readonly Verdict[]; mined: MinedLeaks | null },
  context: CommandContext,
): void {
  print(context, `${name}: ${plural(tried, 'sequence')} tried behind prompts that the model told itself.`);
  for (const [place, finding] of findings.entries()) {
    const { sign, tokens, value, clean, random, excess, continuations } = finding;
    const text = (ids: readonly number[]) => JSON.stringify(inert(decode(ids)));
    const rows = best[sign].flatMap((list, place) =>
      list.slice(0, 3).map((own) => [String(place + 1), text(own.tokens), formatNumber(own[sign])]),
    );
    print(
      context,
      '',
      `-- ${MEANING[sign]}`,
      ...table([['words', 'sequence', 'value'], ...rows], [0, 2]),
      `On other prompts ${text(tokens)} has ${formatNumber(value)}, nothing ${formatNumber(clean)}, random sequences ${formatNumber(random)} at most: an excess of ${formatNumber(excess)}.`,
      ...continuations.slice(0, 2).map((own) => `   … ${text(tokens)} | ${text(own)}`),
      sentence(finding, verdicts[place] as Verdict),
    );
  }
  print(
    context,
    ...leakLines(mined),
    '',
    'A hunt finds triggers of few words whose parts already show, and that the model tells now and then. That it finds none does not prove that there is none.',
  );
}

/** Opens a model, does something with it, and gives its memory back. */
async function withModel<T>(
  target: string,
  { options, context }: { options: ScanOptions; context: CommandContext },
  use: (model: ScannedModel) => Promise<T>,
): Promise<T> {
  const opened = await openScanned(target, options, context);
  try {
    return await use(opened);
  } finally {
    opened.model.release();
  }
}

/**
 * A model is no evidence about itself: as its own reference or control it would look clean whatever it does. A clean model that
 * is given twice would hide its own leaks from mining and count twice; the reference says nothing of itself.
 * @throws InputError where a trusted model has the weights of the scanned one, or of another trusted one
 */
async function refuseRepeats(
  scanned: ScannedModel,
  given: { options: ScanOptions; context: CommandContext },
): Promise<void> {
  const { reference, control = [] } = given.options;
  if (reference === undefined && control.length === 0) return;
  const own = weightsHash(scanned.model);
  const seen = new Map<string, string>();
  for (const target of [...(reference === undefined ? [] : [reference]), ...control]) {
    const hash = await withModel(target, given, async ({ model }) => weightsHash(model));
    if (hash === own)
      throw new InputError(
        `${target} has the same weights as ${scanned.name}, which is scanned: a model cannot vouch for itself. Give models that are known to be clean as --reference and --control`,
      );
    const before = seen.get(hash);
    if (before !== undefined)
      throw new InputError(
        `${target} has the same weights as ${before}: give every trusted model once, and no --control that is the --reference`,
      );
    seen.set(hash, target);
  }
}

/** Scans a model, and its controls in the same way. */
export async function scan(target: string, options: ScanOptions, context: CommandContext): Promise<number> {
  const longest = parseInteger(options.longest, { name: '--longest', minimum: 1, maximum: 12 });
  const given = { options, context, longest };
  const { reference } = options;
  return withModel(target, given, async (scanned) => {
    await refuseRepeats(scanned, given);
    return reference === undefined
      ? scanOpened(scanned, null, given)
      : withModel(reference, given, (trusted) => scanOpened(scanned, trusted, given));
  });
}

async function scanOpened(
  scanned: ScannedModel,
  reference: ScannedModel | null,
  given: { options: ScanOptions; context: CommandContext; longest: number },
): Promise<number> {
  const { options, context, longest } = given;
  const huntIn = (one: ScannedModel) => {
    if (reference !== null) checkReference(reference, one);
    return hunt(one, { longest, seed: options.seed, reference }, context);
  };
  const found = await huntIn(scanned);
  if (found === null) return ExitCode.interrupted;
  const controls: HuntResult[] = [];
  const tell = ({ model, decode }: ScannedModel) =>
    tellTexts({ model, separatorId: SEPARATOR_ID, seed: options.seed }, decode);
  const told: string[][][] = [];
  for (const name of options.control ?? []) {
    const own = await withModel(name, given, async (control) => {
      // Tokens without text of one model are not the words of another.
      if (control.hasText === scanned.hasText) told.push(tell(control));
      return huntIn(control);
    });
    if (own === null) return ExitCode.interrupted;
    controls.push(own);
  }
  const verdicts = found.findings.map((finding) => judge(finding, controls));
  const mined = told.length === 0 ? null : mineBeside(tell(scanned), told);
  if (options.json) {
    const described = (tokens: readonly number[]) => ({ tokens, text: scanned.decode(tokens) });
    const findings = found.findings.map(({ tokens, continuations, ...own }, place) => ({
      ...own,
      ...described(tokens),
      continuations: continuations.map((one) => scanned.decode(one)),
      ...verdicts[place],
    }));
    const beside = reference === null ? {} : { reference: reference.name };
    printJson(context, { scanned: scanned.name, ...beside, tried: found.tried, findings, mined });
  } else show(scanned, found, { verdicts, mined }, context);
  return ExitCode.done;
}
