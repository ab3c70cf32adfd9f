// TensorBoard's events as values, and the protobuf messages they are written as:
// tensorflow/core/util/event.proto, summary.proto and TensorBoard's hparams/plugin_data.proto.
package import Foundation

/// Something that TensorBoard shows.
package struct TensorBoardEvent: Sendable {
  /// A setting of a run, for the hparams plugin.
  package enum Setting: Equatable, Sendable {
    /// A number.
    case number(Double)
    /// A word.
    case text(String)
    /// Yes or no.
    case flag(Bool)
  }

  /// What it is.
  package enum Content: Sendable {
    /// A number under a tag.
    case scalar(tag: String, Double)
    /// A PNG picture under a tag.
    case image(tag: String, png: Data, width: Int, height: Int)
    /// Markdown under a tag.
    case text(tag: String, String)
    /// The settings of a run and the tags of the scalars by which runs are compared.
    case settings([String: Setting], metrics: [String])
    /// A run ended, and all was done.
    case ended
    /// The file goes on with a run: whatever earlier files say of this step and later ones no longer holds.
    case resumed
  }

  /// Seconds since 1970.
  package let time = Date().timeIntervalSince1970
  /// Training steps so far.
  package var step: Int
  /// What it is.
  package var content: Content

  /// An event at `step`.
  package init(step: Int, _ content: Content) {
    self.step = step
    self.content = content
  }

  /// The messages to write, in order.
  var messages: [Data] {
    switch content {
    case .scalar(let tag, let value):
      [
        summary(tag) { $0.float(2, Float(value)) }
      ]
    case .image(let tag, let png, let width, let height):
      [
        summary(tag) { value in
          value.message(4) { image in
            image.integer(1, height)
            image.integer(2, width)
            image.integer(3, 3)
            image.bytes(4, png)
          }
        }
      ]
    case .text(let tag, let text):
      [
        summary(tag, plugin: "text") { value in
          value.message(8) { tensor in
            tensor.integer(1, 7)  // DT_STRING
            tensor.message(2) { shape in shape.message(2) { $0.integer(1, 1) } }
            tensor.bytes(8, Data(text.utf8))
          }
        }
      ]
    case .settings(let settings, let metrics):
      [experiment(settings, metrics), start(settings)]
    case .ended:
      [
        parameters("_hparams_/session_end_info", 4) { end in
          end.integer(1, 1)  // STATUS_SUCCESS
          end.double(2, time)
        }
      ]
    case .resumed:
      [event { $0.message(7) { $0.integer(1, 1) } }]  // SessionLog.START
    }
  }

  /// What every file begins with.
  static func version(at time: Double) -> Data {
    ProtobufWriter.message { event in
      event.double(1, time)
      event.string(3, "brain.Event:2")
    }
  }

  private func event(_ body: (inout ProtobufWriter) -> Void) -> Data {
    ProtobufWriter.message { event in
      event.double(1, time)
      event.integer(2, step)
      body(&event)
    }
  }

  /// A summary of one value; `plugin` and its `content` are the metadata of those that are no plain scalar or image.
  private func summary(
    _ tag: String, plugin: String? = nil, content: Data? = nil, _ body: (inout ProtobufWriter) -> Void = { _ in }
  ) -> Data {
    event { event in
      event.message(5) { summary in
        summary.message(1) { value in
          value.string(1, tag)
          body(&value)
          guard let plugin else { return }
          value.message(9) { metadata in
            metadata.message(1) { data in
              data.string(1, plugin)
              if let content { data.bytes(2, content) }
            }
          }
        }
      }
    }
  }

  // MARK: The hparams plugin

  private func parameters(_ tag: String, _ field: Int, _ body: (inout ProtobufWriter) -> Void) -> Data {
    summary(tag, plugin: "hparams", content: ProtobufWriter.message { $0.message(field, body) })
  }

  private func experiment(_ settings: [String: Setting], _ metrics: [String]) -> Data {
    parameters("_hparams_/experiment", 2) { experiment in
      experiment.double(3, time)
      for (name, setting) in settings.sorted(by: { $0.key < $1.key }) {
        experiment.message(4) { info in
          info.string(1, name)
          switch setting {
          case .text: info.integer(4, 1)
          case .flag: info.integer(4, 2)
          case .number: info.integer(4, 3)
          }
        }
      }
      for metric in metrics {
        experiment.message(5) { info in info.message(1) { $0.string(2, metric) } }
      }
    }
  }

  private func start(_ settings: [String: Setting]) -> Data {
    parameters("_hparams_/session_start_info", 3) { start in
      for (name, setting) in settings.sorted(by: { $0.key < $1.key }) {
        start.message(1) { entry in
          entry.string(1, name)
          entry.message(2) { value in
            switch setting {
            case .number(let number): value.double(2, number)
            case .text(let text): value.string(3, text)
            case .flag(let flag): value.integer(4, flag ? 1 : 0)
            }
          }
        }
      }
      start.double(5, time)
    }
  }
}
