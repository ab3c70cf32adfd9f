// Pools against their definition: values, places, sums, what follows, and the way back.
import CKernels
import Foundation
import Testing

/// Maps and the windows over them.
struct PoolShape: Sendable, CustomTestStringConvertible {
  let images, channels, height, width, kernel, stride: Int

  /// Channels below, at and above whole blocks; windows that tile the map, leave a rest, overlap, skip and fill it.
  static let all: [PoolShape] = [
    (3, 17, 8, 6, 2, 2), (1, 34, 7, 5, 2, 2), (5, 3, 31, 31, 2, 2), (2, 16, 5, 7, 3, 1), (4, 1, 9, 8, 3, 2),
    (2, 17, 3, 3, 3, 1), (1, 48, 6, 6, 3, 3), (3, 16, 5, 5, 1, 2), (1, 5, 17, 19, 16, 1), (2, 33, 4, 4, 1, 1),
  ].map { PoolShape(images: $0.0, channels: $0.1, height: $0.2, width: $0.3, kernel: $0.4, stride: $0.5) }

  var testDescription: String {
    "\(kernel)×\(kernel) / \(stride) of \(channels) channels, \(height)×\(width), batch \(images)"
  }

  var pool: tps_pool {
    tps_pool(
      images: Int32(images), channels: Int32(channels), height: Int32(height), width: Int32(width),
      kernel: Int32(kernel), stride: Int32(stride))
  }
  var outputHeight: Int { (height - kernel) / stride + 1 }
  var outputWidth: Int { (width - kernel) / stride + 1 }
  var input: MapShape { MapShape(images, channels, height * width) }
  var output: MapShape { MapShape(images, channels, outputHeight * outputWidth) }
  /// Bytes of the places of all maxima.
  var placeBytes: Int { 2 * images * ((channels + 15) / 16 * 16) * output.pixels }

  /// For each output the position of the input that it is: the first of equals; what is not a number wins.
  func maxima(_ values: [Float]) -> [Int] {
    windows.map { window in
      window.dropFirst().reduce(window[0]) { values[$1] > values[$0] || values[$1].isNaN ? $1 : $0 }
    }
  }

  /// For each output the places of its window in the input.
  var windows: [[Int]] {
    (0..<output.count).map { index in
      let (map, pixel) = index.quotientAndRemainder(dividingBy: output.pixels)
      let first = (map * height + pixel / outputWidth * stride) * width + pixel % outputWidth * stride
      return (0..<kernel * kernel).map { first + $0 / kernel * width + $0 % kernel }
    }
  }
}

@Suite struct PoolTests {
  /// Few different values, so that there are many equals.
  private func values(_ shape: PoolShape) -> [Float] {
    randoms(shape.input.count, seed: 1).map { ($0 * 8).rounded() / 4 }
  }

  @Test(arguments: PoolShape.all, activations)
  func maximaAreTheirDefinition(_ shape: PoolShape, _ activation: tps_activation) {
    let values = values(shape)
    let maxima = shape.maxima(values)
    let channels = Channels(shape.output.map)
    onAllKernels { set, threads, comment in
      let coefficients = Coefficients(
        shape.output.map,
        rows: [
          TPS_SCALE: randoms(shape.channels, seed: 2).map { 2 * Double($0) },
          TPS_SHIFT: randoms(shape.channels, seed: 3).map(Double.init),
        ])
      let (scale, shift) = (coefficients[TPS_SCALE], coefficients[TPS_SHIFT])
      let x = Activations(set, shape.input.map, values)
      for scales in [false, true] {
        let y = Activations(set, shape.output.map)
        let sums = Memory(byteCount: 8 * tps_sum_count(Int32(shape.channels), threads))
        tps_maxpool_forward(
          shape.pool, set.isa, threads, x.memory.base, scales ? coefficients.memory.floatBase : nil, activation,
          y.memory.base, nil, sums.doubleBase)
        expectIntact(x.memory, coefficients.memory, y.memory, sums)
        let expected = maxima.enumerated().map { place, source in
          let channel = channels.channel(of: place)
          return activation.value(
            scales ? Double(values[source]) * Double(scale[channel]) + Double(shift[channel]) : Double(values[source]))
        }
        expectNear(y.values, expected, .pass(set), comment)
        #expect(y.isTidy, comment)
        // Each thread's sums of values and of squares, one after the other, for all padded channels.
        let padded = (shape.channels + 15) / 16 * 16
        for (row, power) in [1.0, 2].enumerated() {
          let found = (0..<shape.channels).map { channel in
            (0..<Int(threads)).reduce(0) { $0 + sums.doubleBase[($1 * 2 + row) * padded + channel] }
          }
          let sizes = (0..<shape.channels).map { channel in
            channels.places(of: channel).reduce(0) { $0 + pow(expected[$1], power) }
          }
          expectNear(found.map { Float($0) }, sizes, Bounds(whole: 1e-5, each: 2e-5), comment)
        }
      }
    }
  }

  @Test(arguments: PoolShape.all) func gradientsGoToTheMaxima(_ shape: PoolShape) {
    let values = values(shape)
    let maxima = shape.maxima(values)
    onAllKernels { set, threads, comment in
      let x = Activations(set, shape.input.map, values)
      let y = Activations(set, shape.output.map)
      let places = Memory(byteCount: shape.placeBytes)
      tps_maxpool_forward(
        shape.pool, set.isa, threads, x.memory.base, nil, TPS_IDENTITY, y.memory.base,
        places.base.assumingMemoryBound(to: UInt16.self), nil)
      let gradient = Activations(set, shape.output.map, randoms(shape.output.count, seed: 4))
      let found = Activations(set, shape.input.map)
      tps_maxpool_backward(
        shape.pool, set.isa, threads, places.base.assumingMemoryBound(to: UInt16.self), gradient.memory.base,
        found.memory.base)
      expectIntact(x.memory, y.memory, places, gradient.memory, found.memory)
      var expected = [Double](repeating: 0, count: shape.input.count)
      for (place, source) in maxima.enumerated() { expected[source] += Double(gradient.values[place]) }
      // Where windows overlap, each sum on the way is rounded.
      let steps = shape.kernel > shape.stride ? shape.kernel * shape.kernel : 1
      expectNear(found.values, expected, .pass(set, steps: steps), comment)
      #expect(found.isTidy, comment)
    }
  }

  @Test(arguments: PoolShape.all) func whatIsNotANumberWins(_ shape: PoolShape) {
    let values = values(shape).enumerated().map { $0 % 23 == 5 ? .nan : $1 }
    let expected = shape.maxima(values).map { values[$0].isNaN }
    onAllKernels { set, threads, comment in
      let x = Activations(set, shape.input.map, values)
      let y = Activations(set, shape.output.map)
      tps_maxpool_forward(
        shape.pool, set.isa, threads, x.memory.base, nil, TPS_IDENTITY, y.memory.base, nil, nil)
      expectIntact(x.memory, y.memory)
      #expect(y.values.map(\.isNaN) == expected, comment)
    }
  }

  @Test(arguments: PoolShape.all) func meansAreTheirDefinition(_ shape: PoolShape) {
    let windows = shape.windows
    let area = Double(shape.kernel * shape.kernel)
    onAllKernels { set, threads, comment in
      let x = Activations(set, shape.input.map, randoms(shape.input.count, seed: 5))
      let y = Activations(set, shape.output.map)
      tps_averagepool_forward(shape.pool, set.isa, threads, x.memory.base, y.memory.base)
      expectIntact(x.memory, y.memory)
      let values = x.values
      let means = windows.map { window in window.reduce(0) { $0 + Double(values[$1]) } / area }
      expectNear(y.values, means, .pass(set), comment)
      #expect(y.isTidy, comment)

      let gradient = Activations(set, shape.output.map, randoms(shape.output.count, seed: 6))
      let found = Activations(set, shape.input.map)
      tps_averagepool_backward(shape.pool, set.isa, threads, gradient.memory.base, found.memory.base)
      expectIntact(gradient.memory, found.memory)
      var expected = [Double](repeating: 0, count: shape.input.count)
      for (window, slope) in zip(windows, gradient.values) {
        for place in window { expected[place] += Double(slope) / area }
      }
      let steps = shape.kernel > shape.stride ? shape.kernel * shape.kernel : 1
      expectNear(found.values, expected, .pass(set, steps: steps), comment)
      #expect(found.isTidy, comment)
    }
  }
}
