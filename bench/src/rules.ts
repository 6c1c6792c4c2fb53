// Sigma rules to measure with, in the shapes of the public rules for program starts: a program with words of its command
// line, one of several words, a parent, a pattern, and exceptions. The same number gives the same rule.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createNumbers } from './flows.ts';

const tools =
  'powershell cmd rundll32 regsvr32 mshta certutil bitsadmin wmic schtasks net reg sc cscript wscript msiexec curl ssh whoami nltest procdump'.split(
    ' ',
  );
const words =
  '-enc -nop -w hidden bypass downloadstring frombase64string invoke- javascript: scrobj.dll urlcache transfer /create /delete shadowcopy comsvcs lsass minidump sekurlsa \\\\temp\\\\ \\\\appdata\\\\ \\\\programdata\\\\ http:// https:// vssadmin amsi defender exclusion firewall localgroup'.split(
    ' ',
  );

/** Writes the rules of these numbers into a folder, a file each. */
export function writeRules(folder: string, numbers: readonly number[]): void {
  for (const number of numbers) writeFileSync(join(folder, `${number}.yml`), ruleText(number));
}

function ruleText(number: number): string {
  const next = createNumbers(number * 7919 + 17);
  const pick = (from: readonly string[]) => from[Math.floor(next() * from.length)] ?? '';
  const own = `x${number.toString(36)}q`;
  const quoted = (value: string) => `'${value.replaceAll("'", "''")}'`;
  const values = (count: number) => Array.from({ length: count }, () => `      - ${quoted(pick(words))}`);
  const image = [`    Image|endswith: ${quoted(`\\${pick(tools)}.exe`)}`];
  const shapes: readonly (readonly string[])[] = [
    ['  selection:', ...image, '    CommandLine|contains|all:', ...values(2), `      - ${quoted(own)}`],
    ['  selection:', ...image, '    CommandLine|contains:', ...values(3)],
    ['  selection:', `    CommandLine|contains: ${quoted(`${pick(words)}${own}`)}`],
    ['  selection:', `    ParentImage|endswith: ${quoted(`\\${pick(tools)}.exe`)}`, ...image],
    [
      '  selection:',
      `    OriginalFileName: ${quoted(`${pick(tools)}.exe`)}`,
      '    CommandLine|contains:',
      ...values(2),
    ],
    ['  selection:', `    CommandLine|re: ${quoted(`(?i)${pick(tools)}.{1,40}${own}`)}`],
  ];
  return [
    `title: Rule ${number} of the benchmark`,
    `id: 00000000-0000-4000-8000-${number.toString(16).padStart(12, '0')}`,
    'status: test',
    'logsource: { category: process_creation, product: windows }',
    'detection:',
    ...(shapes[number % shapes.length] ?? []),
    ...(number % 3 === 0
      ? [
          '  filter:',
          `    ParentImage|startswith: ${quoted('C:\\Program Files\\')}`,
          `    CommandLine|contains: ${quoted(own)}`,
        ]
      : []),
    `  condition: selection${number % 3 === 0 ? ' and not filter' : ''}`,
    'level: medium',
    '',
  ].join('\n');
}
