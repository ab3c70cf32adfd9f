// Batch normalisation as it is defined, in double precision, and as the kernels hand it on between their passes.
import CKernels
import Testing

/// Mean and variance of each channel of maps, images × channels × pixels.
struct Statistics {
  static let epsilon = 1e-5

  /// Values of a channel.
  let count: Double
  private(set) var means: [Double] = []
  /// Biased: the mean of the squares.
  private(set) var variances: [Double] = []

  init(of values: [Double], _ map: tps_map) {
    let channels = Channels(map)
    count = Double(map.images * map.pixels)
    for channel in 0..<Int(map.channels) {
      let own = channels.places(of: channel).map { values[$0] }
      let mean = own.reduce(0, +) / count
      means.append(mean)
      variances.append(own.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count)
    }
  }

  var inverseDeviations: [Double] { variances.map { 1 / ($0 + Self.epsilon).squareRoot() } }

  /// Expects `found` to have these statistics; means are off by shares of a deviation.
  func expectNear(
    _ found: Coefficients, _ bound: Double, _ comment: Comment, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    for (channel, inverse) in inverseDeviations.enumerated() {
      let mean = Double(found[TPS_MEAN][channel])
      #expect(abs(mean - means[channel]) * inverse <= bound, comment, sourceLocation: sourceLocation)
      let ratio = Double(found[TPS_INVERSE_DEVIATION][channel]) / inverse
      #expect(abs(ratio - 1) <= bound, comment, sourceLocation: sourceLocation)
    }
  }
}

/// Where the values of a channel lie in images × channels × pixels.
struct Channels {
  let map: tps_map

  init(_ map: tps_map) { self.map = map }

  func places(of channel: Int) -> [Int] {
    let (channels, pixels) = (Int(map.channels), Int(map.pixels))
    return (0..<Int(map.images)).flatMap { image in
      let first = (image * channels + channel) * pixels
      return Array(first..<first + pixels)
    }
  }

  func channel(of place: Int) -> Int { place / Int(map.pixels) % Int(map.channels) }
}

/// The floats that stand for a normalisation between its passes.
struct Coefficients {
  let map: tps_map
  let memory: Memory
  private var padded: Int { (Int(map.channels) + 15) / 16 * 16 }

  /// Those that the kernel makes from sums; the running statistics move.
  init(
    _ map: tps_map, _ threads: Int32, sums: Memory, weight: [Float], bias: [Float], momentum: Float = 0.1,
    runningMean: Memory, runningVariance: Memory
  ) {
    self.map = map
    memory = Memory(byteCount: 4 * TPS_COEFFICIENT_ROWS * ((Int(map.channels) + 15) / 16 * 16))
    let (weight, bias) = (Memory(floats: weight), Memory(floats: bias))
    tps_batchnorm_coefficients(
      map, threads, sums.doubleBase, weight.floatBase, bias.floatBase, Float(Statistics.epsilon), momentum,
      runningMean.floatBase, runningVariance.floatBase, memory.floatBase)
    expectIntact(memory, sums, weight, bias, runningMean, runningVariance)
  }

  /// Those of weight 1 and bias 0.
  init(_ map: tps_map, _ threads: Int32, sums: Memory) {
    let zeros = [Float](repeating: 0, count: Int(map.channels))
    self.init(
      map, threads, sums: sums, weight: zeros.map { $0 + 1 }, bias: zeros, runningMean: Memory(floats: zeros),
      runningVariance: Memory(floats: zeros))
  }

  /// `rows` by their numbers, zero in padded channels; what is missing is not a number.
  init(_ map: tps_map, rows: [Int: [Double]]) {
    self.map = map
    let padded = (Int(map.channels) + 15) / 16 * 16
    memory = Memory(byteCount: 4 * TPS_COEFFICIENT_ROWS * padded)
    for (row, values) in rows {
      for channel in 0..<padded {
        memory.floatBase[row * padded + channel] = channel < values.count ? Float(values[channel]) : 0
      }
    }
  }

  /// One row, without the padded channels.
  subscript(row: Int) -> [Float] { Array(memory.floats[row * padded..<row * padded + Int(map.channels)]) }

  /// Whether padded channels are zero in all rows, as passes over them have to yield zero.
  var isTidy: Bool {
    let floats = memory.floats
    return floats.indices.allSatisfy { $0 % padded < Int(map.channels) || floats[$0] == 0 }
  }
}

/// Images × channels × pixels as tests name them.
struct MapShape: Sendable, CustomTestStringConvertible {
  let images, channels, pixels: Int

  init(_ images: Int, _ channels: Int, _ pixels: Int) {
    (self.images, self.channels, self.pixels) = (images, channels, pixels)
  }

  /// Channels below, at and above whole blocks; odd maps; fewer images than threads, and more.
  static let all: [MapShape] = {
    let pixels = [9, 15, 35, 105, 225]
    return ((1...17) + [34, 68]).enumerated().map { index, channels in
      MapShape(1 + index % 4, channels, pixels[index % 5])
    } + [MapShape(5, 17, 15), MapShape(1, 68, 1024)]
  }()

  /// A few of them, for what is tried in many variants.
  static let some = [MapShape(3, 17, 35), MapShape(1, 34, 15), MapShape(5, 3, 105)]

  var testDescription: String { "\(channels) channels, \(pixels) pixels, batch \(images)" }
  var count: Int { images * channels * pixels }
  var map: tps_map { tps_map(images: Int32(images), channels: Int32(channels), pixels: Int32(pixels)) }

  /// Values of another mean and deviation in each channel.
  var values: [Float] {
    let channels = Channels(map)
    return randoms(count, seed: 1).enumerated().map { place, value in
      let channel = channels.channel(of: place)
      return value * Float(1 + channel % 3) + Float(channel % 5) - 2
    }
  }
}
