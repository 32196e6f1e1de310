/** The figures that everything else rests on. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { median, quantile, slope, summaryOf } from "../src/statistics.js";

const figures = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 200 });

describe("median", () => {
  it("has as many values below it as above it", () => {
    fc.assert(
      fc.property(figures, (values) => {
        const middle = median(values);
        const below = values.filter((value) => value < middle).length;
        const above = values.filter((value) => value > middle).length;
        assert.ok(below <= values.length / 2 && above <= values.length / 2);
      }),
    );
  });

  it("of an even number of values is the mean of the middle two", () => assert.equal(median([4, 1, 10, 2]), 3));

  it("does not care for the order, and leaves it alone", () => {
    fc.assert(
      fc.property(figures, (values) => {
        const before = [...values];
        assert.equal(median(values), median(values.toReversed()));
        assert.deepEqual(values, before);
      }),
    );
  });

  it("of nothing is an error", () => assert.throws(() => median([]), RangeError));
});

describe("p99", () => {
  it("is a value that was measured, and at most one in a hundred is above it", () => {
    fc.assert(
      fc.property(figures, (values) => {
        const { p99, count } = summaryOf(values);
        assert.ok(values.includes(p99));
        assert.ok(values.filter((value) => value > p99).length <= count / 100);
      }),
    );
  });

  it("leaves out the largest of a hundred, and of fewer is the largest", () => {
    const hundred = Array.from({ length: 100 }, (_, index) => index + 1);
    assert.equal(quantile(hundred, 0.99), 99);
    assert.equal(quantile(hundred.slice(0, 99), 0.99), 99);
  });
});

describe("slope", () => {
  const line = fc.record({ rise: fc.integer({ min: -1000, max: 1000 }), base: fc.integer({ min: -1000, max: 1000 }) });
  const pointsOf = (xs: number[], y: (x: number) => number) => xs.map((x) => ({ x, y: y(x) }));
  const tenXs = Array.from({ length: 10 }, (_, index) => index);

  it("of points on a line is the line's", () => {
    fc.assert(
      fc.property(line, fc.uniqueArray(fc.integer({ min: 0, max: 10_000 }), { minLength: 2, maxLength: 30 }), ({ rise, base }, xs) => {
        assert.equal(slope(pointsOf(xs, (x) => base + rise * x)), rise);
      }),
    );
  });

  it("is not moved by one point that is far off", () => {
    fc.assert(
      fc.property(line, fc.nat({ max: 9 }), fc.integer({ min: -1_000_000, max: 1_000_000 }), ({ rise, base }, which, off) => {
        assert.equal(slope(pointsOf(tenXs, (x) => base + rise * x + (x === which ? off : 0))), rise);
      }),
    );
  });

  it("of points at one x is 0", () => {
    assert.equal(
      slope([
        { x: 1, y: 1 },
        { x: 1, y: 5 },
      ]),
      0,
    );
  });
});
