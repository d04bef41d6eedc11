// Draws the figures of docs/statistics.md from results/constant-count/analysis.json: docs/figures/*.svg. Readable on light
// and dark ground, no fonts or scripts inside.
//   node docs/figures/draw.mjs [--check]     with --check: fails if a figure is not current
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const folder = join(root, 'docs', 'figures');
const analysis = JSON.parse(readFileSync(join(root, 'results', 'constant-count', 'analysis.json'), 'utf8'));
const [group] = analysis.groups;

const STYLE = `
  svg { color: #1c1e22; background: #ffffff; --accent: #2f6aa8; --band: #2f6aa8; --bad: #b3401f; }
  @media (prefers-color-scheme: dark) { svg { color: #e6e8eb; background: #14161a; --accent: #7db4ee; --band: #7db4ee; --bad: #f08a66; } }
  text { fill: currentColor; font: 13px system-ui, sans-serif; }
  .small { font-size: 12px; fill-opacity: 0.8; }
  .axis { stroke: currentColor; stroke-opacity: 0.6; fill: none; }
  .grid { stroke: currentColor; stroke-opacity: 0.14; }
  .line { stroke: var(--accent); stroke-width: 2; fill: none; }
  .thin { stroke: var(--accent); stroke-width: 1.5; stroke-dasharray: 5 4; fill: none; }
  .dot { fill: var(--accent); } .bad { fill: var(--bad); stroke: var(--bad); }
  .open { fill: none; stroke: var(--accent); stroke-width: 1.5; }
  .band { fill: var(--band); fill-opacity: 0.14; }
`;
const at = (value) => String(Number(value.toFixed(2)));
const inert = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
const text = (x, y, content, more = '') => `<text x="${at(x)}" y="${at(y)}" ${more}>${inert(content)}</text>`;
const line = (kind, x1, y1, x2, y2) =>
  `<line class="${kind}" x1="${at(x1)}" y1="${at(y1)}" x2="${at(x2)}" y2="${at(y2)}"/>`;
const path = (kind, points) =>
  `<path class="${kind}" d="M${points.map(([x, y]) => `${at(x)},${at(y)}`).join('L')}"/>`;
const figure = (label, height, parts) =>
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 720 ${height}" width="720" height="${height}" role="img" aria-label="${inert(label)}">` +
  `<style>${STYLE}</style>\n${parts.join('\n')}\n</svg>\n`;
const scale =
  ([from, to], [start, end]) =>
  (value) =>
    start + ((value - from) / (to - from)) * (end - start);

const signed = (value) => value.toFixed(2).replace('-', '−');

/** One size: its runs, the fitted curve, and what γ, k and P50 are in it. */
function curveFigure() {
  const { series, curve, documents: half, interval } = group.halfSuccess[0];
  const { steepness, location, floor } = curve;
  const x = scale([Math.log10(8), Math.log10(320)], [70, 690]);
  const y = scale([0, 1], [300, 40]);
  const success = (log) => floor + (1 - floor) / (1 + Math.exp(-steepness * (log - location)));
  const logs = Array.from({ length: 121 }, (_, i) => Math.log10(8) + (i / 120) * Math.log10(40));
  const cells = group.cells.filter((cell) => cell.series === series && cell.documents > 0);
  const place = Math.log10(half);
  return figure(`The fitted curve of ${series}: P50 is where it crosses one half.`, 360, [
    ...[0, 0.5, 1].flatMap((share) => [
      line('grid', 70, y(share), 690, y(share)),
      text(60, y(share) + 4, at(share), 'text-anchor="end"'),
    ]),
    ...cells.map(({ documents }) =>
      text(x(Math.log10(documents)), 320, String(documents), 'text-anchor="middle"'),
    ),
    text(380, 346, 'poisoned documents P (logarithmic)', 'text-anchor="middle" class="small"'),
    text(70, 24, 'attack success rate', 'class="small"'),
    `<rect class="band" x="${at(x(Math.log10(interval.low)))}" y="40" width="${at(x(Math.log10(interval.high)) - x(Math.log10(interval.low)))}" height="260"/>`,
    path(
      'line',
      logs.map((log) => [x(log), y(success(log))]),
    ),
    ...cells.flatMap(({ documents, seeds }) =>
      seeds.map(
        ({ asr }) => `<circle class="open" cx="${at(x(Math.log10(documents)))}" cy="${at(y(asr))}" r="4"/>`,
      ),
    ),
    line('thin', x(place), y(0.5), x(place), y(0)),
    `<circle class="dot" cx="${at(x(place))}" cy="${at(y(0.5))}" r="5"/>`,
    text(
      x(Math.log10(interval.high)) + 10,
      y(0.5) + 24,
      `P50 = ${Math.round(half)} (${Math.round(interval.low)} to ${Math.round(interval.high)})`,
    ),
    text(
      x(Math.log10(interval.high)) + 10,
      y(0.5) + 44,
      `steepness k = ${steepness.toFixed(1)} per decade`,
      'class="small"',
    ),
    text(x(Math.log10(12)), y(0) - 14, `floor γ = ${floor}`, 'class="small"'),
    text(x(Math.log10(12)), y(1) + 20, `circles: the five runs of a count, ${series}`, 'class="small"'),
  ]);
}

/** α for these sizes and for new ones: P50 by training tokens. */
function alphaFigure() {
  const points = group.halfSuccess.map(({ series, tokens, documents, interval }) => ({
    ...{ series, log: Math.log10(tokens), half: Math.log10(documents) },
    ...{ low: Math.log10(interval.low), high: Math.log10(interval.high) },
  }));
  const claim = analysis.claims.find(({ id }) => id === 'count-law');
  const x = scale([6, 6.87], [70, 560]);
  const y = scale([1.3, 2], [300, 40]);
  const mean = (pick) => points.reduce((sum, point) => sum + pick(point), 0) / points.length;
  const [centre, level] = [mean(({ log }) => log), mean(({ half }) => half)];
  const ray = (slope, log) => [x(log), y(level + slope * (log - centre))];
  const ends = [6, 6.87];
  const wedge = (low, high) => [ray(low, ends[0]), ray(low, ends[1]), ray(high, ends[1]), ray(high, ends[0])];
  const { low, high } = claim.interval;
  const label = (slope, words) => text(568, ray(slope, ends[1])[1] + 4, words, 'class="small"');
  return figure('P50 of the four sizes, and the slopes that count as count law.', 360, [
    ...[20, 40, 60, 80].flatMap((documents) => [
      line('grid', 70, y(Math.log10(documents)), 560, y(Math.log10(documents))),
      text(60, y(Math.log10(documents)) + 4, String(documents), 'text-anchor="end"'),
    ]),
    ...[1, 2, 4, 7].map((millions) =>
      text(x(Math.log10(millions * 1e6)), 320, `${millions}M`, 'text-anchor="middle"'),
    ),
    text(315, 346, 'training tokens D (logarithmic)', 'text-anchor="middle" class="small"'),
    text(70, 24, 'P50, documents (logarithmic)', 'class="small"'),
    path('band', wedge(-0.3, 0.3)),
    path(
      'line',
      ends.map((log) => ray(claim.estimate, log)),
    ),
    path(
      'thin',
      ends.map((log) => ray(low, log)),
    ),
    path(
      'thin',
      ends.map((log) => ray(high, log)),
    ),
    label(claim.estimate, `α = ${signed(claim.estimate)}`),
    label(low, `α = ${signed(low)}`),
    label(high, `α = ${signed(high)}`),
    text(
      x(6.03),
      y(1.34),
      'shaded: slopes from −0.3 to 0.3; dashed: the interval for new sizes',
      'class="small"',
    ),
    ...points.flatMap(({ series, log, half, low: least, high: most }) => [
      line('line', x(log), y(least), x(log), y(most)),
      `<circle class="dot" cx="${at(x(log))}" cy="${at(y(half))}" r="5"/>`,
      text(x(log) + 9, y(half) - 6, series),
    ]),
  ]);
}

/** Every claim with its interval, in units of its bound. */
function claimsFigure() {
  const rows = analysis.claims;
  const x = scale([-2.5, 2.5], [170, 640]);
  const clamp = (value) => Math.max(-2.45, Math.min(2.45, value));
  const top = 66;
  const bottom = top + rows.length * 30;
  const body = rows.flatMap(({ id, status, estimate, interval, rule }, i) => {
    const y = top + 15 + i * 30;
    const unit = rule.high;
    const [low, middle, high] = [interval.low, estimate, interval.high].map((value) =>
      x(clamp(value / unit)),
    );
    const kind = status === 'contradicted' ? 'bad' : 'dot';
    const beyond =
      interval.high / unit > 2.45
        ? [
            text(
              646,
              y + 4,
              `${(interval.low / unit).toFixed(0)} to ${(interval.high / unit).toFixed(0)}`,
              'class="small"',
            ),
          ]
        : [];
    return [
      text(160, y + 4, id, 'text-anchor="end"'),
      `<line x1="${at(low)}" y1="${at(y)}" x2="${at(high)}" y2="${at(y)}" stroke="${status === 'contradicted' ? 'var(--bad)' : 'var(--accent)'}" stroke-width="3"${status === 'inconclusive' ? ' stroke-dasharray="6 3"' : ''}/>`,
      `<circle class="${kind}" cx="${at(middle)}" cy="${at(y)}" r="4.5"/>`,
      ...beyond,
    ];
  });
  return figure('The claims of constant-count: intervals beside their bounds.', bottom + 54, [
    text(170, 24, 'Intervals of the claims of constant-count, in units of their bounds', 'class="small"'),
    text(
      170,
      44,
      'solid inside the band: supported; dashed: inconclusive; outside: contradicted',
      'class="small"',
    ),
    `<rect class="band" x="${at(x(-1))}" y="${top}" width="${at(x(1) - x(-1))}" height="${bottom - top}"/>`,
    ...[-2, -1, 0, 1, 2].flatMap((value) => [
      line('grid', x(value), top, x(value), bottom),
      text(x(value), bottom + 20, String(value), 'text-anchor="middle"'),
    ]),
    text(405, bottom + 42, 'value divided by the upper bound', 'text-anchor="middle" class="small"'),
    ...body,
  ]);
}

const figures = { 'curve.svg': curveFigure(), 'alpha.svg': alphaFigure(), 'claims.svg': claimsFigure() };
const check = process.argv.includes('--check');
if (!check) mkdirSync(folder, { recursive: true });
for (const [name, svg] of Object.entries(figures)) {
  const file = join(folder, name);
  if (!check) writeFileSync(file, svg);
  else if (!existsSync(file) || readFileSync(file, 'utf8') !== svg) {
    console.error(`docs/figures/${name} is not current: node docs/figures/draw.mjs`);
    process.exitCode = 1;
  }
}
