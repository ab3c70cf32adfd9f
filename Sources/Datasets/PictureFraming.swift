// How any picture becomes an image like those that a network was trained on.
// Most sets fill the square with colour; Fashion-MNIST's images are grey and have a black margin.

/// What the images of a data set have in common besides their size.
package enum PictureFraming: Sendable {
  /// The picture fills the square.
  case whole
  /// Grey, within a black margin of a sixteenth of the side: 28 × 28 pixels of 32 × 32.
  case fashionMNIST

  /// The framing of the images of a data set, as configurations name it.
  package init(dataset: String) {
    self = dataset == DatasetSource.fashionMNIST.description ? .fashionMNIST : .whole
  }

  /// The framing of `picture` for a network of images of `side` × `side`: a picture of that size is one of the set's.
  package func forPicture(_ picture: DecodedImage, side: Int) -> PictureFraming {
    picture.width == side && picture.height == side ? .whole : self
  }

  /// 3 × `side` × `side` bytes, channels first, from the centred square of `picture`
  /// (`DecodedImage.fitted(toSide:)`). Throws `DatasetError` as that does.
  package func image(of picture: DecodedImage, side: Int) throws -> [UInt8] {
    guard self == .fashionMNIST else { return try picture.fitted(toSide: side) }
    let margin = side / 16
    let inner = side - 2 * margin
    let colours = try picture.fitted(toSide: inner)
    var image = [UInt8](repeating: 0, count: 3 * side * side)
    for index in 0..<inner * inner {
      // Luma of ITU-R BT.601; the weights sum to 1, so that grey stays as it is.
      let parts = zip([0.299, 0.587, 0.114], 0..<3).map { $0 * Double(colours[$1 * inner * inner + index]) }
      let grey = UInt8(min(parts.reduce(0, +).rounded(), 255))
      let place = (margin + index / inner) * side + margin + index % inner
      for channel in 0..<3 { image[channel * side * side + place] = grey }
    }
    return image
  }
}
