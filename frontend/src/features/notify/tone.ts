/** Two short tones, made by the browser. */
const tones = [
  { frequency: 880, from: 0, to: 0.12 },
  { frequency: 660, from: 0.14, to: 0.3 },
] as const;
const volume = 0.15;

let audio: AudioContext | undefined;

/**
 * Plays a short tone. Returns whether it can be heard: browsers play nothing before the first click on the page.
 */
export async function playTone(): Promise<boolean> {
  if (typeof AudioContext === 'undefined') return false;
  audio ??= new AudioContext();
  const context = audio;
  if (context.state !== 'running') {
    // Without a click the promise stays pending.
    await Promise.race([context.resume(), new Promise((resolve) => setTimeout(resolve, 200))]);
    if ((context.state as AudioContextState) !== 'running') return false;
  }
  for (const { frequency, from, to } of tones) {
    const oscillator = new OscillatorNode(context, { frequency });
    const gain = new GainNode(context, { gain: 0 });
    const start = context.currentTime + from;
    gain.gain.setValueAtTime(0, start);
    gain.gain.linearRampToValueAtTime(volume, start + 0.02);
    gain.gain.linearRampToValueAtTime(0, context.currentTime + to);
    oscillator.connect(gain).connect(context.destination);
    oscillator.start(start);
    oscillator.stop(context.currentTime + to);
  }
  return true;
}
