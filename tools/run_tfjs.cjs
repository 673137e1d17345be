// Runs a TensorFlow.js graph model on input.bin (float32, 1 x 3 x SIZE x SIZE) in this folder.
// Writes each output as output-N.bin and prints "output-N.bin <shape>" for it.
// Usage: node run_tfjs.cjs MODEL.json SIZE
const fs = require("fs");
const path = require("path");
const tf = require("@tensorflow/tfjs-core");
const { loadGraphModel } = require("@tensorflow/tfjs-converter");
const wasm = require("@tensorflow/tfjs-backend-wasm");

async function main() {
  const [modelFile, sizeText] = process.argv.slice(2);
  const size = Number(sizeText);
  wasm.setWasmPaths(path.join(__dirname, "node_modules/@tensorflow/tfjs-backend-wasm/dist/"));
  await tf.setBackend("wasm");
  const json = JSON.parse(fs.readFileSync(modelFile, "utf8"));
  const buffers = json.weightsManifest.flatMap((group) =>
    group.paths.map((name) => fs.readFileSync(path.join(path.dirname(modelFile), name)))
  );
  const weightData = new Uint8Array(Buffer.concat(buffers)).buffer;
  const model = await loadGraphModel({
    load: async () => ({
      modelTopology: json.modelTopology,
      weightSpecs: json.weightsManifest.flatMap((group) => group.weights),
      weightData,
      format: json.format,
      signature: json.signature,
    }),
  });
  const input = new Float32Array(new Uint8Array(fs.readFileSync("input.bin")).buffer);
  const outputs = model.execute(tf.tensor(input, [1, 3, size, size]));
  outputs.forEach((output, index) => {
    const name = `output-${index}.bin`;
    fs.writeFileSync(name, Buffer.from(output.dataSync().buffer.slice(0)));
    console.log(name, output.shape.join(" "));
  });
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
