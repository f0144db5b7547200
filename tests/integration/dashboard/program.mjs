// The dashboard's binary as a child of a test: on a free port, in a folder of its own, ended with the test.

import {spawn} from 'node:child_process';
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';

const START_MS = 20000;

export class Program {
  constructor(binary, options = []) {
    this.binary = binary;
    this.options = options;
    this.folder = mkdtempSync(path.join(tmpdir(), 'taxi-dashboard-'));
    this.db = path.join(this.folder, 'dashboard.sqlite');
    this.port = 0;
  }

  // Resolves when it listens. A later start takes the same port.
  async start() {
    this.child = spawn(this.binary, ['--listen', `127.0.0.1:${this.port}`, '--db', this.db, '--poll', '200ms', ...this.options],
      {stdio: ['ignore', 'ignore', 'pipe']});
    this.log = '';
    this.ended = new Promise((done) => { this.child.on('exit', (code, signal) => done({code, signal})); });
    await new Promise((done, fail) => {
      const deadline = setTimeout(() => fail(new Error(`does not listen after ${START_MS} ms: ${this.log}`)), START_MS);
      const finish = (settle) => (value) => { clearTimeout(deadline); settle(value); };
      this.child.stderr.on('data', (data) => {
        this.log += data;
        const found = /event=listening .*port=(\d+)/.exec(this.log);
        if (found) {
          this.port = Number(found[1]);
          this.base = `http://127.0.0.1:${this.port}`;
          finish(done)();
        }
      });
      this.ended.then((how) => finish(fail)(new Error(`ended at start (${JSON.stringify(how)}): ${this.log}`)));
    });
    return this;
  }

  // Sends a signal and waits for the end.
  async end(signal = 'SIGTERM') {
    this.child.kill(signal);
    return this.ended;
  }

  async get(where) {
    const reply = await fetch(this.base + where);
    if (!reply.ok) {
      throw new Error(`${where}: ${reply.status}`);
    }
    return reply.json();
  }

  async release() {
    if (this.child?.exitCode === null && this.child.signalCode === null) {
      await this.end('SIGKILL');
    }
    rmSync(this.folder, {recursive: true, force: true});
  }
}
