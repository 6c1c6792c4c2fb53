// Policies in the text of C2SP tlog-policy: what is read, and what is refused.
import { describe, expect, test } from 'vitest';
import { parsePolicy } from './policy.ts';
import { code, must, signerOf } from './signers.test-data.ts';
import { formatVerifierKey } from './verifier-key.ts';

describe('policies (C2SP tlog-policy)', () => {
  const log = formatVerifierKey(signerOf('cert.example/log', 'note', 1).key);
  const [w1 = '', w2 = '', w3 = ''] = [2, 3, 4].map((seed) =>
    formatVerifierKey(signerOf(`witness${seed}.example`, 'cosignature', seed).key),
  );
  const three = `witness a ${w1}\nwitness b ${w2} https://b.example/\n  witness\tc ${w3}\n# comment\n\n`;

  test('groups of groups are read', () => {
    const policy = must(
      parsePolicy(`log ${log} https://cert.example/\n${three}group g any a b\ngroup h 2 g c\nquorum h\n`),
    );
    expect(policy.witnesses.length).toBe(3);
    expect(policy.quorum).toMatchObject({
      kind: 'group',
      needed: 2,
      members: [{ needed: 1 }, { kind: 'witness' }],
    });
  });

  test.each([
    { name: 'no quorum', text: `log ${log}\n` },
    { name: 'two quorums', text: 'quorum none\nquorum none\n' },
    { name: 'an unknown name', text: `${three}quorum d\n` },
    { name: 'a group before its members', text: `group g any a\n${three}quorum g\n` },
    { name: 'a member twice', text: `${three}group g 2 a a\nquorum g\n` },
    { name: 'a witness in two groups', text: `${three}group g any a b\ngroup h all a c\nquorum h\n` },
    { name: 'more needed than there are', text: `${three}group g 4 a b c\nquorum g\n` },
    { name: 'none needed', text: `${three}group g 0 a b c\nquorum g\n` },
    { name: 'an empty group', text: `${three}group g all\nquorum g\n` },
    { name: 'none as a member', text: `${three}group g any none\nquorum g\n` },
    { name: 'the same key twice', text: `witness a ${w1}\nwitness b ${w1}\nquorum a\n` },
    { name: "a log's key for a witness", text: `witness a ${log}\nquorum a\n` },
    { name: "a witness's key for a log", text: `log ${w1}\nquorum none\n` },
    { name: 'an unknown word', text: 'quorums none\nquorum none\n' },
    { name: 'a control character', text: 'quorum none\u0001\n' },
  ])('refuses $name', ({ text }) => {
    expect(code(parsePolicy(text))).toBe('policy-form');
  });
});
