/**
 * What stands ready on the audio thread; TypeScript's own library knows the windows' thread only.
 * Read by the check of types alone, never by a browser.
 */

declare abstract class AudioWorkletProcessor {
  readonly port: MessagePort;
  abstract process(inputs: Float32Array[][]): boolean;
}

declare function registerProcessor(
  name: string,
  processor: new (options: {
    processorOptions: { blockSamples: number };
  }) => AudioWorkletProcessor,
): void;
