// Starts the test server of clickhouse-server-process.support.ts on a directory; gives its URL and how to end it.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export interface TestServer {
  /** With user and password. */
  readonly url: string;
  /** Ends it at once, whatever it is doing. */
  readonly end: () => Promise<void>;
}

/** Starts a server. @param directory where it keeps its data; must exist */
export async function startServer(directory: string): Promise<TestServer> {
  const entry = fileURLToPath(new URL('./clickhouse-server-process.support.ts', import.meta.url));
  const child = fork(entry, [directory], { execArgv: ['--import', 'tsx'], stdio: 'inherit' });
  const [port] = await once(child, 'message');
  return {
    url: `http://tocsin:a%20secret@127.0.0.1:${String(port)}`,
    async end() {
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
    },
  };
}
