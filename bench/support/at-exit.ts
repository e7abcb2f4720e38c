/** What must be undone when the process ends, however that comes about: folders, processes. */

const undone = new Set<() => void>();

process.on('exit', () => {
  for (const undo of undone) undo();
});

/** Does something at the exit, also after SIGINT and SIGTERM; unless what is returned is called before. */
export function atExit(undo: () => void): () => void {
  // Not earlier: who only imports this keeps the usual way to be ended.
  if (undone.size === 0) {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.off(signal, interrupted);
      process.once(signal, interrupted);
    }
  }
  undone.add(undo);
  return () => {
    undone.delete(undo);
  };
}

function interrupted(): void {
  process.exit(130);
}
