/** A signal as of another realm or a polyfill: no AbortSignal to `instanceof`, nor to `AbortSignal.any`. */
export function polyfilledAbort(): { controller: AbortController; signal: AbortSignal } {
  const controller = new AbortController();
  const { signal } = controller;
  const polyfilled = {
    get aborted() {
      return signal.aborted;
    },
    get reason() {
      return signal.reason;
    },
    throwIfAborted: () => signal.throwIfAborted(),
    addEventListener: signal.addEventListener.bind(signal),
    removeEventListener: signal.removeEventListener.bind(signal),
  };
  return { controller, signal: polyfilled as AbortSignal };
}
