/** What the server puts before the worker: SHA-256 in hexadecimal by the file's name. */
declare const SHELL: { version: string; files: Record<string, string> };
