// A test's process outlives the one that started it where that is killed, and its machine would with it.
process.once('disconnect', () => {
  process.kill(process.pid, 'SIGKILL');
});
