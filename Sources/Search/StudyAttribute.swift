// Attributes of a study that are about its workers.

/// Names of study attributes.
package enum StudyAttribute {
  /// A number; its change asks all workers that are at work to end.
  package static let stop = "tpsnet:stop"
}
