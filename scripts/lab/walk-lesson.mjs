// Walks the lessons of docs/lesson through from start to end in the real page, with a clock: presses what the lessons name,
// in their order, trains the models, and says how long each action took, how much there is to read, and what is left of the
// planned minutes. What a lesson says and the page does not do is an error. Needs `npm run prepare`; a few minutes.
//   node scripts/lab/walk-lesson.mjs [--browser firefox] [--lessons 45,90] [--out docs/lesson/clock.md]
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { LESSONS, must, train } from './lesson-steps.mjs';
import { openReader, timed, walk } from './lesson-walk.mjs';
import { pageTools, root } from './page-tools.mjs';

/** Words a minute of a reader who thinks along. */
const READING_RATE = 200;

const program = join(root, 'dist/cli/main.js');
const { values: options } = parseArgs({
  options: {
    browser: { type: 'string', default: 'chromium' },
    lessons: { type: 'string', default: '45,90' },
    out: { type: 'string' },
  },
});

const tools = await pageTools();
const { chromium, firefox, launch } = tools;
const browser = await launch(options.browser === 'firefox' ? firefox : chromium);
const work = mkdtempSync(join(tmpdir(), 'tinypoison-lesson-'));

/** The lab as a teacher serves it. @returns its address, and what ends it */
async function serve() {
  const child = spawn(process.execPath, [program, 'lab', '--port', '0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  process.once('exit', () => child.kill());
  for await (const line of createInterface({ input: child.stdout })) {
    const address = /http:\/\/\S+/.exec(line)?.[0];
    if (address !== undefined) return { address, close: () => child.kill() };
  }
  throw new Error('tinypoison lab did not say its address');
}

/** A command of section 9, its results in a folder of their own. @returns the fingerprint that it gives */
async function runCommand(shown) {
  const results = join(work, 'same-bits');
  const command = shown
    .replace(/^tinypoison/, `"${process.execPath}" "${program}"`)
    .replace(/same-bits$/, results);
  execFileSync('sh', ['-c', command], { cwd: root, stdio: 'ignore' });
  return JSON.parse(readFileSync(join(results, 'results.jsonl'), 'utf8').trim()).weightsHash;
}

const one = (value) => value.toFixed(1);

/** What a class waits for: actions that it does at once count as their longest. */
function waitingOf(actions) {
  const of = (together) =>
    actions.filter(({ isTogether }) => isTogether === together).map(({ seconds }) => seconds);
  return of(false).reduce((sum, seconds) => sum + seconds, 0) + Math.max(0, ...of(true));
}

/** Minutes of the timetable, what takes how much of them, and what is left to talk in. */
function timetable({ done, words }, rows, names) {
  const lines = rows.map(([minutes, section]) => {
    const [from, to] = minutes.split('–').map(Number);
    const mine = done.filter((action) => action.minutes === minutes);
    const waiting = waitingOf(mine);
    const count = section === null ? 0 : words[section];
    const reading = count / READING_RATE;
    const name = section === null ? '–' : names[section];
    const left = to - from - reading - waiting / 60;
    return `| ${minutes} | ${name} | ${to - from} | ${count}: ${one(reading)} | ${one(waiting)} | ${one(left)} |`;
  });
  return [
    '| minutes | section | planned, min | words: min | waiting, s | left, min |',
    '|---|---|---|---|---|---|',
    ...lines,
  ];
}

const actions = ({ done }) => [
  '| minutes | what was done | s | what the page then said |',
  '|---|---|---|---|',
  ...done.map(
    ({ minutes, name, seconds, said }) =>
      `| ${minutes} | ${name} | ${one(seconds)} | ${said.slice(0, 110)} |`,
  ),
];

const names = JSON.parse(readFileSync(join(root, 'src/lab/text/en.json'), 'utf8'));
const titles = Object.fromEntries(
  ['predict', 'data', 'train', 'prompt', 'count', 'hunt', 'remove', 'filter', 'bits'].map((name, i) => [
    name,
    `${i + 1} ${names[`${name}.title`]}`,
  ]),
);

const onAction = ({ minutes, name, seconds, said }) =>
  console.error(`${minutes}: ${name}: ${one(seconds)} s: ${said.slice(0, 100)}`);
const room = { browser, tools, runCommand, onAction };
const load0 = loadavg()[0];
const server = await serve();
const parts = [];
for (const length of options.lessons.split(',')) {
  const lesson = LESSONS[length];
  const walked = await walk(lesson, { ...room, address: server.address });
  parts.push(
    `## ${length} minutes`,
    '',
    ...timetable(walked, lesson.rows, titles),
    '',
    ...actions(walked),
    '',
  );
}

// Before the lesson, and without a network: the larger model, a frame, the single file.
const further = [];
const note = async (name, act) => {
  const found = { minutes: '–', name, ...(await timed(act)) };
  further.push(found);
  console.error(`${name}: ${one(found.seconds)} s: ${found.said}`);
};
await note('d32 in place of d24, *Play*, to the end', async () => {
  const hand = await openReader({ ...room, address: server.address }, '#size=d32');
  const said = await train(hand);
  await hand.wait('#bits tbody td:last-child', /^equal$/);
  return `${said} Section 9: equal.`;
});
await note('`#embed=1&hide=predict,data`: without head and foot', async () => {
  const { page } = await openReader({ ...room, address: server.address }, '#embed=1&hide=predict,data');
  await page.waitForSelector('#train svg');
  const heads = await page.$$eval(
    'header > *, footer',
    (all) => all.filter((e) => e.checkVisibility()).length,
  );
  must(heads === 0, 'embed=1 leaves head and foot out');
  return `${await page.$$eval('section', ({ length }) => length)} sections`;
});
server.close();
const file = join(work, 'tinypoison-lab.html');
await note('`tinypoison lab --single tinypoison-lab.html`', async () =>
  execFileSync(process.execPath, [program, 'lab', '--single', file], { encoding: 'utf8' }).replace(work, ''),
);
await note('the single file from the disk, *Play*, to the end', async () =>
  train(await openReader({ ...room, address: pathToFileURL(file).href }, '#size=d24&count=100')),
);
const about = `${await browser.version()}, ${cpus().length} cores (${cpus()[0].model.trim()}), load average ${one(load0)} at the start and ${one(loadavg()[0])} at the end`;
await browser.close();
await tools.close();
rmSync(work, { recursive: true, force: true });

const page = [
  '# The lessons with a clock',
  '',
  'Written by `node scripts/lab/walk-lesson.mjs --out docs/lesson/clock.md`, which walks both lessons through in the real page, in their order: every button that they name, real training, lines pooled, a challenge in a second tab, paper, a frame, the single file. Where lesson and page do not fit, it fails. Back to the [overview](README.md).',
  '',
  `**Measured**: words on the page and seconds of waiting, each from the press to the answer (${about}). **Planned**: the minutes of the timetable. **Computed**: reading at ${READING_RATE} words a minute, and what is left of the planned minutes to talk, guess and write. No human class was there: how long people talk, and how long thirty devices take to start, is not measured. Runs of section 5 follow one another here, and so do the two ways of section 7; a class does them at once, so that the longest counts.`,
  '',
  ...parts,
  '## Before the lesson, and without a network',
  '',
  ...actions({ done: further }),
  '',
].join('\n');
if (options.out === undefined) console.log(page);
else writeFileSync(resolve(options.out), page);
