// One reader of the page, and a walk through a lesson: every action in its order, each with its seconds.
import { must, open } from './lesson-steps.mjs';

/**
 * Opens the page for one reader.
 * @param room.tools hands of test/browser @param room.isSmall whether runs are shortened: none of them is a published one
 */
export async function openReader(room, hash) {
  const { browser, tools, address, runCommand, isSmall = false } = room;
  const page = await browser.newPage();
  await page.setViewport({ width: 1280, height: 900 });
  const errors = [];
  page.on('pageerror', ({ message }) => errors.push(message));
  await page.goto(address + hash, { waitUntil: 'load' });
  return {
    ...{ page, errors, runCommand, isSmall },
    kept: {},
    neighbour: (other) => openReader(room, other),
    async press(section, label) {
      // a tab behind another draws nothing
      await page.bringToFront();
      await tools.press(page, section, label);
    },
    fill: (field, value) => tools.fill(page, field, value),
    wait: (place, pattern) => tools.waitForText(page, place, pattern),
    text: (place) => page.$eval(place, ({ textContent }) => textContent ?? ''),
  };
}

/** Words that a reader of a section sees, charts and tables left out. */
const wordsOf = (page, section) =>
  page.$eval(`#${section}`, (element) => {
    const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
    let words = 0;
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
      const parent = node.parentElement;
      if (parent.closest('svg, option, table') === null && parent.checkVisibility())
        words += node.textContent.match(/\p{L}+/gu)?.length ?? 0;
    }
    return words;
  });

/** What an action took, and what the page then said. */
export async function timed(act, ...args) {
  const began = performance.now();
  const said = await act(...args);
  return {
    seconds: (performance.now() - began) / 1000,
    said: said.replaceAll('|', '/').replaceAll(/\s+/g, ' ').trim(),
  };
}

/** Walks a lesson through. @param room.onAction told of each action */
export async function walk({ link, hidden, before = [], rows, last }, room) {
  const { onAction = () => {} } = room;
  const hand = await openReader(room, link);
  const done = [];
  const add = async (minutes, name, act, isTogether = false) => {
    const found = { minutes, name, isTogether, ...(await timed(act, hand)) };
    done.push(found);
    onAction(found);
  };
  await add('before', 'the link is opened, the page times 20 steps', open);
  for (const name of hidden) must((await hand.page.$(`#${name}`)) === null, `hide leaves out ${name}`);
  const words = {};
  for (const [, section] of rows) if (section !== null) words[section] = await wordsOf(hand.page, section);
  for (const action of before) await add('before', ...action);
  for (const [minutes, , actions] of rows) for (const action of actions) await add(minutes, ...action);
  await add(last, '*Print a worksheet*', async ({ page }) => {
    const paper = Buffer.from(await page.pdf({ format: 'A4' })).toString('latin1');
    return `${paper.match(/\/Type\s*\/Page\b/g)?.length} sheets`;
  });
  must(hand.errors.length === 0, hand.errors.join('; '));
  return { done, words };
}
