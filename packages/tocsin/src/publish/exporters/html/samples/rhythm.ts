// A made-up rhythm: sittings on working days of nine weeks, and a few zones of each verdict.
import type { Rhythm } from '../../../../vocabulary/investigation.ts';

const hourMs = 3_600_000;

/** Hours of people at work that fit two clocks, one of them by half an hour, and the victim's night. */
export function sampleRhythm(): Rhythm {
  const times = Array.from({ length: 9 * 7 }, (_, day) => day)
    .filter((day) => day % 7 < 5)
    .flatMap((day) =>
      [14, 15.5, 17 + (day % 4)].map((hour) => {
        const at = new Date(Date.UTC(2024, 8, 30) + (day * 24 + hour + (day % 3)) * hourMs);
        return at.toISOString().replace('Z', '000Z');
      }),
    );
  return {
    acts: times.length,
    times,
    silent: null,
    hypotheses: 104,
    victim_clock: 'Etc/GMT-8',
    zones: [
      {
        zone: "the victim's night (UTC)",
        clock: null,
        window: [14, 0],
        verdict: 'not discriminating',
        p: 1,
        holidays: null,
      },
      ...['America/Detroit', 'America/New_York', 'America/Toronto'].map((zone, at) => ({
        zone,
        clock: 'America/Detroit',
        window: [10, 20] as const,
        verdict: 'consistent' as const,
        p: 1 - at * 0.1,
        holidays: at === 2 ? null : { days: 3, acts: 2 },
      })),
      {
        zone: 'America/St_Johns',
        clock: 'America/St_Johns',
        window: [10, 20],
        verdict: 'consistent',
        p: 0.31,
        holidays: null,
      },
      {
        zone: 'America/Sao_Paulo',
        clock: 'America/Araguaina',
        window: [11, 21],
        verdict: 'not discriminating',
        p: 0.4,
        holidays: { days: 2, acts: 4 },
      },
      {
        zone: 'Asia/Shanghai',
        clock: 'Asia/Shanghai',
        window: [11, 21],
        verdict: 'excluded',
        p: 0,
        holidays: null,
      },
    ],
  };
}
