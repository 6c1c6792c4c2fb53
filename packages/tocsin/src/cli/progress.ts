// Progress on standard error: one line that is rewritten on a terminal, plain lines elsewhere.

export interface Progress {
  /** A piece of evidence is done. */
  readonly item: (text: string, count: number, unit: 'bytes' | 'records') => void;
  /** A stage begins. */
  readonly stage: (text: string) => void;
  /** Leaves the line clean. */
  readonly end: () => void;
}

/** Control characters in a file's name must not reach the terminal. */
function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Bidi_Control}]/gu, '?');
}

export function openProgress(stream: NodeJS.WriteStream): Progress {
  const isTerminal = stream.isTTY === true;
  const show = (text: string) => {
    if (isTerminal)
      stream.write(`\r\u001b[K${printable(text).slice(0, Math.max(20, (stream.columns ?? 80) - 1))}`);
    else stream.write(`${printable(text)}\n`);
  };
  return {
    item: (text, count, unit) => show(`${text}: ${count.toLocaleString('en-US')} ${unit}`),
    stage: (text) => show(text),
    end: () => {
      if (isTerminal) stream.write('\r\u001b[K');
    },
  };
}
