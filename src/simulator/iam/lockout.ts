/** Counts consecutive failures and locks for a while (contract 3.1.9). */
export class Lockout {
  private failures = 0;
  private lockedUntil = -Infinity;

  isLocked(now: number): boolean {
    return now < this.lockedUntil;
  }

  fail(now: number, limit: number, lockMs: number): void {
    this.failures += 1;
    if (this.failures < limit) return;
    this.failures = 0;
    this.lockedUntil = now + lockMs;
  }

  succeed(): void {
    this.failures = 0;
  }

  reset(): void {
    this.failures = 0;
    this.lockedUntil = -Infinity;
  }
}
