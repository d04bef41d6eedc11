// `tinypoison doctor`: what was found on this machine, and what would make it faster.
import { existsSync } from 'node:fs';
import { availableParallelism, cpus, freemem, totalmem } from 'node:os';
import { describeEngines } from '../../kernels/choose-engine.ts';
import { listPayloads, listTriggerFamilies } from '../../poison/registry.ts';
import { builtWorkerEntry } from '../../run/executors/worker-entry.ts';
import { describeTensorflow } from '../../tensorflow/load-tensorflow.ts';
import { type CommandContext, ExitCode, print, printJson, programVersion } from '../command-context.ts';
import { formatBytes } from '../format.ts';

/** An optional part. */
interface Part {
  readonly name: string;
  readonly found: boolean;
  readonly note: string;
}

/** Whether an optional package loads. */
async function optionalPackage(name: string, use: string): Promise<Part> {
  try {
    await import(name);
    return { name, found: true, note: use };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const why = code === 'ERR_MODULE_NOT_FOUND' ? 'not installed' : (message.split('\n')[0] ?? '');
    return { name, found: false, note: `${use} (${why})` };
  }
}

/** Prints what was found. */
export async function doctor(options: { json?: boolean }, context: CommandContext): Promise<number> {
  const engines = describeEngines();
  const tensorflow = await describeTensorflow();
  const tensorflowBackend = tensorflow.find(({ available }) => available)?.name;
  const chosen = engines.find(({ available }) => available)?.name;
  const parts = [
    await optionalPackage('@resvg/resvg-js', 'PNG files of the figures'),
    {
      name: 'worker processes',
      found: builtWorkerEntry() !== undefined,
      note: 'runs of a sweep side by side; without them one process does them in turns',
    },
  ];
  const machine = {
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    freeMemoryBytes: freemem(),
    system: `${process.platform} ${process.arch}`,
    node: process.version,
  };
  const report = { version: programVersion(), machine, engines, chosen, tensorflow, parts };
  if (options.json) {
    printJson(context, { ...report, attacks: named(listPayloads()), triggers: named(listTriggerFamilies()) });
    return ExitCode.done;
  }
  const line = ({ name, summary }: Named) => `  ${name.padEnd(18)} ${summary}`;
  const mark = (found: boolean) => (found ? 'yes' : 'no ');
  const hasCompiler = ['/usr/bin/cc', '/usr/bin/gcc', '/usr/bin/clang'].some((path) => existsSync(path));
  const isFast = chosen === 'native';
  print(
    context,
    `tinypoison ${report.version}, Node ${machine.node}, ${machine.system}`,
    `${machine.processor}, ${machine.cores} cores, ${formatBytes(machine.memoryBytes)} memory (${formatBytes(machine.freeMemoryBytes)} free)`,
    '',
    'Engines, fastest first (all give the same bits; auto takes the first that works):',
    ...engines.flatMap(({ name, available, detail, reason }) => {
      const words = available ? detail : (reason ?? '');
      const line = `  ${mark(available)} ${name.padEnd(10)} ${words}${name === chosen ? '  <- auto' : ''}`;
      return available && reason !== undefined ? [line, `      ${' '.repeat(10)} (${reason})`] : [line];
    }),
    ...(isFast ? [] : ['', speedAdvice(hasCompiler)]),
    '',
    'TensorFlow.js, a second implementation, not bit-reproducible (--engine tfjs takes the first that works):',
    ...tensorflow.map(({ name, available, detail, reason }) => {
      const words = available ? detail : (reason ?? '');
      return `  ${mark(available)} ${name.padEnd(14)} ${words}${name === tensorflowBackend ? '  <- tfjs' : ''}`;
    }),
    '',
    'Optional parts:',
    ...parts.map(({ name, found, note }) => `  ${mark(found)} ${name.padEnd(18)} ${note}`),
    '',
    'Attacks (attack), each with any trigger:',
    ...listPayloads().map(line),
    '',
    'Triggers (trigger.family):',
    ...listTriggerFamilies().map(line),
  );
  return ExitCode.done;
}

interface Named {
  readonly name: string;
  readonly summary: string;
}

function named(items: readonly Named[]): Named[] {
  return items.map(({ name, summary }) => ({ name, summary }));
}

function speedAdvice(hasCompiler: boolean): string {
  return hasCompiler
    ? 'A C compiler is here: `npm rebuild tinypoison` (in a clone: `npm rebuild`) builds the native kernels, which are faster.'
    : 'No C compiler was found, and no prebuilt kernels fit. With gcc or clang installed, `npm rebuild` builds the native kernels, which are faster.';
}
