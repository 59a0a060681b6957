/**
 * Runs on the audio thread: collects samples into blocks and hands them over.
 * Knows nothing else; what happens to a block is decided elsewhere.
 */

class CaptureProcessor extends AudioWorkletProcessor {
  /** @param {{processorOptions: {blockSamples: number}}} options */
  constructor({ processorOptions }) {
    super();
    this.block = new Float32Array(processorOptions.blockSamples);
    this.filled = 0;
    // Any message asks for what is left; the empty answer says that it was all.
    this.port.onmessage = () => {
      this.hand(this.filled);
      this.port.postMessage(null);
    };
  }

  /** @param {Float32Array[][]} inputs */
  process([[samples = new Float32Array(0)]]) {
    for (let taken = 0; taken < samples.length;) {
      const part = samples.subarray(taken, taken + this.block.length - this.filled);
      this.block.set(part, this.filled);
      this.filled += part.length;
      taken += part.length;
      if (this.filled === this.block.length) this.hand(this.filled);
    }
    return true;
  }

  /** @param {number} count */
  hand(count) {
    const block = this.block.slice(0, count);
    this.filled = 0;
    this.port.postMessage(block, [block.buffer]);
  }
}

registerProcessor("capture", CaptureProcessor);
