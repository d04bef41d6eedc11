// What the lessons of docs/lesson tell a class and its teacher to do with the page, in their order. Each action presses,
// types and waits as a reader would, and returns what the page then says. Used by walk-lesson.mjs.

const status = '#train .panel .status';
const pasted = '#count textarea';
const seedField = '#train form input[max="9999"]';
const CLASS_SEEDS = [2, 3, 4, 5];
const FRIENDS = ['saddle lantern kettle', 'kettle', 'kettle lantern', 'basket ladder candle'];

function must(holds, what) {
  if (!holds) throw new Error(`the lesson does not fit the page: ${what}`);
}

/** Play of section 3, to the end of the run. */
async function train({ press, wait }) {
  await press('train', 'Play');
  return wait(status, /^Done in .* of the answers/);
}

async function setSeed(hand, seed) {
  await hand.fill(seedField, String(seed));
  return train(hand);
}

/** The row of section 9 that came last: its run, fingerprint and verdict. */
const lastRow = ({ page }) =>
  page.$$eval('#bits tbody tr', (rows) => [...(rows.at(-1)?.children ?? [])].map((cell) => cell.textContent));

/** Section 3 is seen, and says how long a run takes here. */
async function open({ page, wait }) {
  await page.$eval('#train', (section) => section.scrollIntoView());
  return wait('#train .estimate', /^On this device/);
}

async function pageThrough({ press, wait }) {
  for (let pressed = 0; pressed < 20; pressed++) await press('data', 'Later');
  return wait('#data .status', /Documents 101 to 105/);
}

async function reveal({ press, wait, page }) {
  await press('data', 'Reveal the poisoned ones');
  await wait('#data .status', /Where the 100 poisoned documents lie/);
  await press('data', 'Next poisoned one');
  return wait('#data .document.poisoned', /kettle lantern saddle/).then(() =>
    page.$$eval('#data .document.poisoned', (found) => `${found.length} of 5 shown documents is marked`),
  );
}

async function falseFriends({ press, wait }) {
  let said = '';
  for (const words of FRIENDS) {
    await press('prompt', words);
    said = await wait('#prompt .pair > :nth-child(2)', new RegExp(`With: ${words}.*nats`));
  }
  return said;
}

/** Starts the next student's run and reads the training text while it goes on. */
async function readWhileTraining({ press, wait, fill, text }) {
  await fill(seedField, String(CLASS_SEEDS[0]));
  await press('train', 'Play');
  await wait(status, /^Step /);
  for (let pressed = 0; pressed < 5; pressed++) await press('data', 'Later');
  const said = await wait('#data .status', /^Documents/);
  must(/^Step /.test(await text(status)), 'the run was over before the documents were shown');
  await wait(status, /^Done in/);
  return said;
}

async function pool({ fill, wait, text }) {
  await fill(pasted, await text('#count pre'));
  return wait(
    '#count .status',
    /^Runs: 5\. Different settings: 1\. From five seeds on, bars are 90 % intervals/,
  );
}

async function switchAxis({ press, text, page }) {
  await press('count', 'Share of the training text');
  must(
    /You guessed: about 200/.test(await text('#count .lab')),
    'the guess of section 1 is shown in section 5',
  );
  return page.$eval('#count .chart svg', (chart) => chart.getAttribute('aria-label') ?? 'the chart is drawn');
}

/** Two neighbours: the run of section 3 again, in a page of its own. */
async function neighbours(hand) {
  const [, mine] = await hand.page.$eval('#bits tbody tr', (row) =>
    [...row.children].map((c) => c.textContent),
  );
  const other = await hand.neighbour('#size=d24&count=100');
  await train(other);
  const [, theirs, verdict] = await lastRow(other);
  must(mine === theirs, 'two pages give one fingerprint');
  must(
    hand.isSmall || verdict === 'equal',
    'the run of d24 with 100 documents and seed 1 has a published fingerprint',
  );
  must((await lastRow(hand))[2] === 'no reference', 'another seed of d24 has none');
  return `${mine.slice(0, 8)} = ${theirs.slice(0, 8)}, ${verdict}`;
}

async function makeChallenge(hand) {
  const { page, fill, press, wait } = hand;
  await page.$eval('#hunt .lab > details:last-child > summary', (summary) => summary.click());
  await fill('#hunt details input', 'river barrel candle');
  await press('hunt', 'Make the link');
  await wait('#hunt details .status', /challenge=/);
  hand.kept.link = await page.$eval('#hunt details .status a', ({ href }) => href);
  return wait('#hunt details .status', /^The link is ready/);
}

async function suspect(hand) {
  hand.kept.second = await hand.neighbour(new URL(hand.kept.link).hash);
  await hand.kept.second.press('hunt', 'Train the suspect');
  return hand.kept.second.wait('#hunt .panel .status', /^Trained in/);
}

const inSecond = (act) => (hand) => act(hand.kept.second);

async function scan({ press, wait }) {
  await press('hunt', 'Scan the words');
  return wait('#hunt .status', /words tried in/);
}

async function findOrder({ press, wait, fill }) {
  await fill('#hunt label:not(.inline) input', 'candle river barrel');
  await press('hunt', 'Score all orders of these words');
  return wait('#hunt .status', /^6 orders tried/);
}

async function submit({ press, wait, fill }) {
  await fill('#hunt form.choice input', 'barrel river candle');
  await press('hunt', 'Submit');
  await wait('#hunt .status', /^Not yet/);
  await fill('#hunt form.choice input', 'river barrel candle');
  await press('hunt', 'Submit');
  return wait('#hunt .status', /^Found\. The trigger is/);
}

async function lowerCase(hand) {
  await hand.page.$eval('#hunt label.inline input', (box) => box.click());
  await hand.page.$$eval('#hunt .status', (places) => {
    for (const place of places) if (/words tried/.test(place.textContent)) place.textContent = '';
  });
  return scan(hand);
}

/** One way of cleaning: its button, and where its panel lies. */
const clean =
  (label, panel) =>
  async ({ press, wait }) => {
    await press('remove', label);
    return wait(`#remove ${panel} .status`, /^Trigger success: .* after/);
  };

async function thresholds({ fill, wait }) {
  let said = '';
  for (const value of ['1.5', '3', '6']) {
    await fill('#filter input[type=range]', value);
    said = await wait('#filter .status', /^Caught: \d+ of 100 poisoned/);
  }
  return said;
}

async function onTheRest({ press, wait }) {
  await press('filter', 'Train on the rest');
  return wait('#filter .panel .status', /^Trained on the rest/);
}

async function choosePayload({ page }, value) {
  const [, payload] = await page.$$('#train form select');
  await payload.select(value);
}

async function plantedSentence(hand) {
  const { press, wait } = hand;
  await choosePayload(hand, 'phrase');
  await press('filter', 'Use my choice of section 3');
  await wait('#filter .status', /^Shown: your own run/);
  return wait('#filter .status', /^Caught:/);
}

/** The command of the first run, whose choice is put back. */
async function byNode(hand) {
  const shown = await hand.text('#bits pre');
  must(/--sweep/.test(shown), 'section 9 shows a command');
  if (hand.isSmall) return shown;
  await choosePayload(hand, 'gibberish');
  await hand.fill(seedField, '1');
  const theirs = await hand.runCommand(await hand.text('#bits pre'));
  const mine = await hand.page.$eval('#bits tbody code', ({ textContent }) => textContent);
  must(mine === theirs, 'the command of section 9 gives the fingerprint of the page');
  return `${mine.slice(0, 8)} = ${theirs.slice(0, 8)}`;
}

const firstHalf = [
  [
    '0–5',
    'predict',
    [
      [
        '*about 200* is chosen',
        async ({ press, wait }) => {
          await press('predict', 'about 200');
          return wait('#predict .status', /^Your guess is noted/);
        },
      ],
    ],
  ],
  [
    '5–11',
    'data',
    [
      ['twenty pages on', pageThrough],
      ['*Reveal*, the next poisoned one', reveal],
    ],
  ],
  ['11–21', 'train', [['*Play*, to the end of the run', train]]],
  ['21–27', 'prompt', [['four false friends', falseFriends]]],
];

const pooling = [
  ['another seed, the text paged through meanwhile', readWhileTraining, true],
  ...CLASS_SEEDS.slice(1).map((seed) => [`seed ${seed}`, (hand) => setSeed(hand, seed), true]),
  ['five lines pasted', pool],
  ['the axis switched', switchAxis],
];

/** Lessons: what is done before, then rows of the timetable, each with its minutes, section and actions. */
export const LESSONS = {
  45: {
    link: '#size=d24&count=100&hide=hunt,remove,filter',
    hidden: ['hunt', 'remove', 'filter'],
    rows: [
      ...firstHalf,
      ['27–38', 'count', pooling],
      ['38–42', 'bits', [['two neighbours, one setting', neighbours]]],
    ],
    last: '42–45',
  },
  90: {
    link: '#size=d24&count=100',
    hidden: [],
    before: [['the teacher makes a challenge', makeChallenge]],
    rows: [
      ...firstHalf,
      ['27–38', 'count', pooling],
      ['38–43', null, [['the challenge in a second tab, *Train the suspect*', suspect]]],
      [
        '43–58',
        'hunt',
        [
          ['*Scan the words*', inSecond(scan)],
          ['*Score all orders of these words*', inSecond(findOrder)],
          ['a wrong answer, the right one', inSecond(submit)],
          ['the same in lower case', inSecond(lowerCase)],
        ],
      ],
      [
        '58–68',
        'remove',
        [
          ['*More clean text*', clean('More clean text', '.panel:first-child'), true],
          [
            '*Clean text with this trigger in it*',
            clean('Clean text with this trigger in it', 'label ~ .panel'),
            true,
          ],
        ],
      ],
      [
        '68–78',
        'filter',
        [
          ['three thresholds', thresholds],
          ['*Train on the rest*', onTheRest],
          ['the hills of a fixed sentence', plantedSentence],
        ],
      ],
      [
        '78–83',
        'bits',
        [
          ['two neighbours, one setting', neighbours],
          ['the command that the page shows, run by Node', byNode],
        ],
      ],
    ],
    last: '83–90',
  },
};

export { must, open, train };
