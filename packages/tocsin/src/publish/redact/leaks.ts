// Whether bytes hold a name that is withheld, in any form it could stand in: as text in either case, in hex, in base64.

/** True when any of the names is in the bytes. A name inside a longer word or number is no leak. */
export function leaksIn(bytes: Uint8Array, withheld: ReadonlySet<string>): boolean {
  // Latin-1 gives each byte a character, so that every file can be searched alike.
  const text = Buffer.from(bytes).toString('latin1').toLowerCase();
  for (const name of withheld) {
    // A sensor called `core` cannot be told from the word.
    if (/^[a-z]+$/.test(name)) continue;
    if (holdsWord(text, Buffer.from(name).toString('latin1').toLowerCase())) return true;
    if (encodedForms(name).some((form) => text.includes(form))) return true;
  }
  return false;
}

function holdsWord(text: string, name: string): boolean {
  for (let at = text.indexOf(name); at >= 0; at = text.indexOf(name, at + 1)) {
    const before = text[at - 1] ?? ' ';
    const after = text[at + name.length] ?? ' ';
    // `10.0.0.1` is not in `110.0.0.1`, `10.0.0.12` or `10.0.0.1.5`.
    const isInside = /[\p{L}\p{Nd}]/u;
    const goesOn = /^\.\d/.test(text.slice(at + name.length, at + name.length + 2)) && /\d$/.test(name);
    if (!isInside.test(before) && !isInside.test(after) && !goesOn) return true;
  }
  return false;
}

/** Hex, and base64 at each of the three places a name can stand in; of short names these would match by chance. */
function encodedForms(name: string): readonly string[] {
  const bytes = Buffer.from(name);
  if (bytes.length < 7) return [];
  const base64 = [0, 1, 2].map((shift) =>
    // The characters at either end depend on what stands around.
    Buffer.concat([Buffer.alloc(shift), bytes])
      .toString('base64')
      .replace(/=+$/, '')
      .slice(shift === 0 ? 0 : shift + 1, -2)
      .toLowerCase(),
  );
  return [bytes.toString('hex'), ...base64];
}
