// The lessons of docs/lesson, walked through in the page over runs of seconds: whatever they tell a class to do can be done.
// With real runs and a clock: node scripts/lab/walk-lesson.mjs
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { LESSONS } from '../../scripts/lab/lesson-steps.mjs';
import { walk } from '../../scripts/lab/lesson-walk.mjs';
import { chromium, firefox } from './browsers.ts';
import * as tools from './lab-controls.ts';
import { useLab } from './lab-page.ts';
import { serveSmallLab } from './small-lab.ts';

describe.each([chromium, firefox])('a lesson in $name', (kind) => {
  const lab = useLab(kind, { serve: serveSmallLab });

  test.skipIf(lab.skip).each(['45', '90'] as const)(
    '%s minutes, from start to end',
    async (length) => {
      const lesson = LESSONS[length];
      const text = readFileSync(`docs/lesson/${length}-minutes.md`, 'utf8');
      expect(text).toContain(`\`${lesson.link}\``);
      const planned = [...text.matchAll(/^\| (\d+–\d+) \|/gm)].map(([, minutes]) => minutes);
      expect([...lesson.rows.map(([minutes]) => minutes), lesson.last]).toEqual(planned);
      const { browser, server } = lab;
      const { done } = await walk(lesson, { browser, tools, address: server.address, isSmall: true });
      expect(done.length).toBeGreaterThan(lesson.rows.length);
    },
    2 * tools.LONG_MS,
  );
});
