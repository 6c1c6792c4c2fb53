// The process: arguments in, exit status out.
import { run } from './cli/run.ts';

// A reader that has seen enough (`tocsin formats | head`) closes the pipe; that is no failure of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});

process.exitCode = await run(process.argv.slice(2));
