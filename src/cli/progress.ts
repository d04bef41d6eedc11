// A sweep's progress: a bar and a line per active run on a terminal, plain lines elsewhere.
import { nowMs } from '../core/clock.ts';
import { wholePercent } from '../core/format-number.ts';
import { inert } from '../core/inert-text.ts';
import type { SweepEvent } from '../run/pool/run-sweep.ts';
import type { CheckpointRecord } from '../run/record.ts';
import type { RunEvent } from '../run/run-event.ts';
import { holderInWords } from '../run/store/lease-holder.ts';
import { formatDuration, formatNumber } from './format.ts';
import { bar, fitLine, type Output } from './terminal.ts';

/** A run as progress shows it. */
export interface ShownRun {
  /** `d32, 50 documents, seed 1`. */
  readonly title: string;
  readonly flops: number;
}

/** Shows a sweep while it goes on. */
export interface Progress {
  onEvent(event: SweepEvent): void;
  /** A line that stays. */
  say(line: string): void;
  /** Ends the drawing. */
  close(): void;
}

interface ActiveRun {
  readonly startedMs: number;
  /** When its training was last heard of. */
  seenMs: number;
  /** Share done when this process took it up (resumed runs), 0-1. */
  firstShare: number | undefined;
  share: number;
  lossNats: number | null;
  last: CheckpointRecord | undefined;
}

const REDRAW_MS = 200;
const PLAIN_REPORT_MS = 30_000;

/** The number to watch: how often the trigger works at a checkpoint. */
function successOf(checkpoint: CheckpointRecord | undefined): number | null {
  const triggered = checkpoint?.conditions.find(({ condition }) => condition === 'trigger');
  return triggered?.successShare ?? null;
}

function summary(checkpoint: CheckpointRecord | undefined): string {
  if (checkpoint === undefined) return '';
  const success = successOf(checkpoint);
  const shown = success === null ? '' : `attack success ${formatNumber(success)}, `;
  return `${shown}clean loss ${formatNumber(checkpoint.cleanLossNats)} nats`;
}

/** Share of a run's time that is left when its last token is trained (the full evaluation), until one has ended. */
const GUESSED_TAIL = 0.15;
/** Least time that runs have been going on before the remaining time is told. */
const LEAST_BUSY_MS = 2000;

/** Counts what is done, so that the remaining time can be told from floating-point operations. */
class Ledger {
  readonly runs: readonly ShownRun[];
  readonly active = new Map<number, ActiveRun>();
  readonly ended = new Set<number>();
  /** Training done by runs that have ended, in operations, and the time of their slots. */
  #doneFlops = 0;
  #busyMs = 0;
  /** Of those: time after the last token. */
  #tailMs = 0;

  constructor(runs: readonly ShownRun[]) {
    this.runs = runs;
  }

  #flops(run: number): number {
    return this.runs[run]?.flops ?? 0;
  }

  begin(run: number): void {
    this.active.set(run, {
      startedMs: nowMs(),
      seenMs: nowMs(),
      firstShare: undefined,
      share: 0,
      lossNats: null,
      last: undefined,
    });
  }

  note(run: number, event: RunEvent): void {
    const active = this.active.get(run);
    if (active === undefined) return;
    if (event.kind === 'checkpoint') active.last = event.record;
    if (event.kind !== 'progress') return;
    active.firstShare ??= event.runProgress;
    active.share = event.runProgress;
    active.seenMs = nowMs();
    active.lossNats = event.trainLossNats;
  }

  end(run: number): ActiveRun | undefined {
    const active = this.active.get(run);
    if (active?.firstShare !== undefined) {
      this.#doneFlops += this.#flops(run) * (1 - active.firstShare);
      this.#busyMs += nowMs() - active.startedMs;
      this.#tailMs += nowMs() - active.seenMs;
    }
    this.active.delete(run);
    this.ended.add(run);
    return active;
  }

  /** Operations a millisecond of one slot while it trains, and the share of a run's time behind its training. */
  #speed(): { flopsPerMs: number; tail: number } | undefined {
    let flops = this.#doneFlops;
    let trainMs = this.#busyMs - this.#tailMs;
    for (const [run, active] of this.active) {
      if (active.firstShare === undefined) continue;
      flops += this.#flops(run) * (active.share - active.firstShare);
      trainMs += active.seenMs - active.startedMs;
    }
    if (flops <= 0 || trainMs < LEAST_BUSY_MS) return undefined;
    const tail = this.#busyMs > 0 ? this.#tailMs / this.#busyMs : GUESSED_TAIL;
    return { flopsPerMs: flops / trainMs, tail };
  }

  /** Share of all operations done, 0-1, and the milliseconds that the rest will take. */
  forecast(): { share: number; remainingMs: number | undefined } {
    let left = 0;
    let total = 0;
    for (const [run, { flops }] of this.runs.entries()) {
      total += flops;
      if (!this.ended.has(run)) left += flops * (1 - (this.active.get(run)?.share ?? 0));
    }
    return { share: total === 0 ? 1 : 1 - left / total, remainingMs: this.#remainingMs() };
  }

  /** Until the last slot is free: what goes on now, then what waits, each to the slot that is free first. */
  #remainingMs(): number | undefined {
    const speed = this.#speed();
    if (speed === undefined || this.active.size === 0) return undefined;
    const timeOf = (run: number, share: number) => {
      const whole = this.#flops(run) / speed.flopsPerMs / (1 - Math.min(0.9, speed.tail));
      return whole * ((1 - share) * (1 - speed.tail) + speed.tail);
    };
    const slots = [...this.active].map(([run, { share }]) => timeOf(run, share));
    const waiting = this.runs.flatMap((_, run) =>
      this.ended.has(run) || this.active.has(run) ? [] : [timeOf(run, 0)],
    );
    for (const time of waiting.sort((a, b) => b - a)) {
      const free = slots.indexOf(Math.min(...slots));
      slots[free] = (slots[free] ?? 0) + time;
    }
    return Math.max(...slots);
  }

  overall(cells: number): string {
    const { share, remainingMs } = this.forecast();
    const left = remainingMs === undefined ? '' : `, about ${formatDuration(remainingMs)} left`;
    return `${bar(share, cells)} ${wholePercent(share).padStart(5)}  ${this.ended.size} of ${this.runs.length} runs${left}`;
  }
}

/** The line that says how a run ended; undefined for nothing to say. */
function endLine(
  ledger: Ledger,
  event: SweepEvent & { kind: 'finished' },
  active: ActiveRun | undefined,
): string {
  const place = `[${String(event.run + 1).padStart(String(ledger.runs.length).length)}/${ledger.runs.length}]`;
  const title = ledger.runs[event.run]?.title ?? '';
  const took = active === undefined ? '' : ` in ${formatDuration(nowMs() - active.startedMs)}`;
  const how = {
    done: `done${took}: ${summary(active?.last)}`,
    diverged: `diverged: ${event.error ?? ''}`,
    failed: `FAILED: ${event.error ?? ''}`,
    stopped: 'stopped; its training state is saved',
  }[event.status];
  return `${place} ${title}: ${how}`;
}

function isUseful(event: RunEvent): event is RunEvent & { kind: 'message' } {
  return event.kind === 'message';
}

/**
 * Shows a sweep on `output`.
 * @param options.live redraw in place; otherwise plain lines
 */
export function createProgress(options: {
  runs: readonly ShownRun[];
  output: Output;
  live: boolean;
}): Progress {
  const { output, live } = options;
  const ledger = new Ledger(options.runs);
  let drawnLines = 0;
  const erase = () => (drawnLines === 0 ? '' : `\r\u001b[${drawnLines}A\u001b[0J`);
  const draw = (permanent: string) => {
    const cells = Math.max(20, (output.columns ?? 100) - 1);
    const lines = [...ledger.active].map(([run, active]) => activeLine(ledger, run, active));
    lines.push(ledger.overall(30));
    const text = lines.map((line) => `${fitLine(line, cells)}\n`).join('');
    output.write(`${erase()}${permanent}${text}`);
    drawnLines = lines.length;
  };
  const say = (line: string) => {
    const text = `${line.split('\n').map(inert).join('\n')}\n`;
    if (live) draw(text);
    else output.write(text);
  };
  const plainReport = () => output.write(`${ledger.overall(10)}\n`);
  const timer = setInterval(live ? () => draw('') : plainReport, live ? REDRAW_MS : PLAIN_REPORT_MS);
  timer.unref();
  return {
    say,
    onEvent: (event) => {
      const title = ledger.runs[event.run]?.title ?? '';
      if (event.kind === 'kept') ledger.ended.add(event.run);
      else if (event.kind === 'begun') ledger.begin(event.run);
      else if (event.kind === 'notice') say(`${title}: ${event.text}`);
      else if (event.kind === 'elsewhere')
        say(`${title}: ${holderInWords(event.holder)} is doing it; waiting for its result`);
      else if (event.kind === 'event') {
        ledger.note(event.run, event.event);
        if (isUseful(event.event)) say(`${title}: ${event.event.text}`);
      } else say(endLine(ledger, event, ledger.end(event.run)));
    },
    close: () => {
      clearInterval(timer);
      output.write(erase());
      drawnLines = 0;
    },
  };
}

function activeLine(ledger: Ledger, run: number, active: ActiveRun): string {
  const title = inert(ledger.runs[run]?.title ?? '');
  const loss = active.lossNats === null ? '' : `  loss ${formatNumber(active.lossNats)}`;
  const success = successOf(active.last);
  const shown = success === null ? '' : `  attack success ${formatNumber(success)}`;
  return `  ${bar(active.share, 12)} ${wholePercent(active.share).padStart(5)}  ${title}${loss}${shown}`;
}
