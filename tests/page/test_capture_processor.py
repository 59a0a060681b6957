from itertools import chain

import pytest
from playwright.async_api import Page

COLLECT = """async ([count, blockSamples]) => {
  const context = new OfflineAudioContext(1, 1024, 48000);
  await context.audioWorklet.addModule("/page/capture-processor.js");
  const options = { processorOptions: { blockSamples } };
  const collector = new AudioWorkletNode(context, "capture", options);
  const blocks = [];
  const all = new Promise((resolve) => {
    collector.port.onmessage = ({ data }) => (data ? blocks.push([...data]) : resolve(blocks));
  });
  const buffer = new AudioBuffer({ length: count, sampleRate: 48000 });
  buffer.copyToChannel(Float32Array.from({ length: count }, (_, i) => i + 1), 0);
  const source = new AudioBufferSourceNode(context, { buffer });
  source.connect(collector).connect(context.destination);
  source.start();
  await context.startRendering();
  collector.port.postMessage("drain");
  return all;
}"""


@pytest.mark.parametrize(
    ("block_samples", "sizes"),
    [(384, [384, 384, 256]), (128, [128] * 8 + [0]), (100, [100] * 10 + [24]), (5000, [1024])],
)
async def test_every_sample_is_handed_over_once_and_in_order(
    modules: Page, block_samples: int, sizes: list[int]
) -> None:
    blocks = await modules.evaluate(COLLECT, [1024, block_samples])

    assert [len(block) for block in blocks] == sizes
    assert list(chain.from_iterable(blocks)) == list(range(1, 1025))


async def test_a_source_that_ended_adds_nothing(modules: Page) -> None:
    blocks = await modules.evaluate(COLLECT, [256, 128])

    samples = list(chain.from_iterable(blocks))
    assert samples[:256] == list(range(1, 257))
    assert not any(samples[256:])
