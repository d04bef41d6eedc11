// Numbers as people read them, on a terminal and in reports. Not localised: the same text everywhere.

/** 0.873 -> `87 %`, 0.054 -> `5.4 %`, below 1 % with two significant digits; null -> `n/a`. @param share 0-1 */
export function percent(share: number | null): string {
  if (share === null) return 'n/a';
  const value = 100 * share;
  if (value === 0) return '0 %';
  if (Math.abs(value) < 0.995) return `${Number(value.toPrecision(2))} %`;
  return `${Math.abs(value) < 9.95 ? value.toFixed(1).replace(/\.0$/, '') : value.toFixed(0)} %`;
}

/** A share as a whole number, rounded down: `100 %` only of all. @param share 0-1 */
export function wholePercent(share: number): string {
  return `${Math.floor(share * 100)} %`;
}

const UNITS = ['', 'k', 'M', 'B', 'T', 'P', 'E'];

/**
 * A count with a unit: `950`, `11.5k`, `1.53M`, `2.10B`.
 * @param digits 3, or 2 for labels: `950`, `12k`, `1.5M`, `2B`
 */
export function shortCount(count: number, digits: 2 | 3 = 3): string {
  let scaled = count;
  let unit = 0;
  while (scaled >= 999.5 && unit < UNITS.length - 1) {
    scaled /= 1000;
    unit += 1;
  }
  if (unit === 0) return String(digits === 2 ? Math.round(count) : count);
  if (digits === 2)
    return `${scaled < 9.95 ? scaled.toFixed(1).replace(/\.0$/, '') : scaled.toFixed(0)}${UNITS[unit]}`;
  return `${scaled.toFixed(scaled >= 99.95 ? 0 : scaled >= 9.995 ? 1 : 2)}${UNITS[unit]}`;
}
