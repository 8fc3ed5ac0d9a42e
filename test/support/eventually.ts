/** Asks until the answer satisfies, for what is finished a moment after the answer. */
export async function eventually<T>(ask: () => Promise<T> | T, satisfies: (value: T) => boolean): Promise<T> {
  for (let tries = 0; tries < 6_000; tries += 1) {
    const value = await ask();
    if (satisfies(value)) return value;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return ask();
}

/** Waits until so many more things are done, by chance: how long that takes is the machine's business. */
export async function untilMore(
  done: () => number,
  { least, most }: { readonly least: number; readonly most: number },
): Promise<void> {
  const enough = done() + least + Math.random() * (most - least);
  await eventually(done, (count) => count >= enough);
}
