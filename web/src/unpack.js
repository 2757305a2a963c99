// Reads what pipeline/report/pack.py wrote: see there for the form.

/** The bytes of base64 text that was deflated. */
export async function inflate(text) {
  const raw = Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
  const stream = new Blob([raw]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** A value that was packed as JSON. */
export async function unpackJson(text) {
  return JSON.parse(new TextDecoder().decode(await inflate(text)));
}

/** Columns by name, each a Float64Array with NaN where a value is missing. */
export async function unpackColumns(packed) {
  const bytes = await inflate(packed.data);
  const rows = packed.rows;
  const columns = {};
  let at = 0;
  for (const { name, decimals, gaps } of packed.columns) {
    let known = null;
    if (gaps) {
      known = bytes.subarray(at, at + Math.ceil(rows / 8));
      at += known.length;
    }
    const planes = bytes.subarray(at, at + 4 * rows);
    at += 4 * rows;
    columns[name] = column(planes, rows, decimals, known);
  }
  return columns;
}

const single = new Float32Array(1);
const bits = new Uint32Array(single.buffer);
const SHIFT = 5;

function column(planes, rows, decimals, known) {
  const found = new Float64Array(rows);
  const scale = decimals === null ? 1 : 10 ** decimals;
  let number = 0;
  for (let row = 0; row < rows; row++) {
    const difference =
      planes[row] | (planes[rows + row] << 8) | (planes[2 * rows + row] << 16) | (planes[3 * rows + row] << 24);
    number = (number + difference) | 0;
    if (known !== null && !((known[row >> 3] >> (row & 7)) & 1)) found[row] = NaN;
    else found[row] = decimals === null ? float(number) : number / scale;
  }
  return found;
}

function float(number) {
  bits[0] = number < 0 ? ((-number << SHIFT) | 0x80000000) >>> 0 : number << SHIFT;
  return single[0];
}
