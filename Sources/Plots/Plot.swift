// What a figure shows, as a value: its content, its axes and its words.
// Renderers make an SVG, a PNG, a PDF or lines for a terminal of it; nothing here knows how.

/// A figure.
public struct Plot: Sendable, Equatable {
  /// What is drawn.
  public enum Content: Sendable, Equatable {
    /// Curves, each of its own colour.
    case lines([Line])
    /// Points, each group of its own colour.
    case scatter([Cluster])
    /// The distribution of x in each category: its points, quartiles and median, one row a category.
    case strips([Strip])
    /// One bar of x a category.
    case bars([Bar])
    /// Each record a line through all axes.
    case parallel(ParallelCoordinates)
    /// A matrix of colours.
    case heatMap(HeatMap)
    /// Steps of a computation, from top to bottom.
    case diagram(Diagram)
  }

  /// Said above the figure.
  public var title: String
  /// The horizontal axis; rows of categories and matrices name what their columns are.
  public var x: Axis
  /// The vertical axis.
  public var y: Axis
  /// What is drawn.
  public var content: Content
  /// Lines of reference across the whole figure.
  public var rules: [Rule]
  /// Said below the figure, where it is not empty.
  public var note: String
  /// Said in the middle of a figure without data.
  public var emptyText: String

  /// A figure; see the properties.
  public init(
    _ title: String, x: Axis = Axis(""), y: Axis = Axis(""), _ content: Content, rules: [Rule] = [], note: String = "",
    emptyText: String = "no data"
  ) {
    self.title = title
    self.x = x
    self.y = y
    self.content = content
    self.rules = rules
    self.note = note
    self.emptyText = emptyText
  }
}

extension Plot {
  /// A point of a curve or a cloud. What is not finite, or has no place on its axis, is left out.
  public struct Point: Sendable, Equatable {
    /// Where it lies.
    public var x, y: Double
    /// What it stands for, shown by a reader's pointer; may be empty.
    public var label: String

    /// A point; see the properties.
    public init(_ x: Double, _ y: Double, label: String = "") {
      self.x = x
      self.y = y
      self.label = label
    }
  }

  /// A curve.
  public struct Line: Sendable, Equatable {
    /// How the points are joined.
    public enum Path: Sendable, Equatable {
      /// Straight from one to the next.
      case straight
      /// Level up to the next point.
      case stepped
    }

    /// Its name in the legend.
    public var name: String
    /// Its points, in order; a gap where a value is not finite.
    public var points: [Point]
    /// How they are joined.
    public var path: Path
    /// Broken, to set it apart from a full line of the same colour.
    public var isDashed: Bool
    /// Its colour among the series; its own position if nil.
    public var color: Int?

    /// A curve; see the properties.
    public init(_ name: String, _ points: [Point], path: Path = .straight, isDashed: Bool = false, color: Int? = nil) {
      self.name = name
      self.points = points
      self.path = path
      self.isDashed = isDashed
      self.color = color
    }
  }

  /// Points that belong together.
  public struct Cluster: Sendable, Equatable {
    /// Its name in the legend.
    public var name: String
    /// Its points.
    public var points: [Point]
    /// A line that follows its middle, drawn over the points.
    public var trend: [Point]
    /// Whether what a point stands for is written beside it, where there is room.
    public var showsLabels: Bool

    /// Points; see the properties.
    public init(_ name: String, _ points: [Point], trend: [Point] = [], showsLabels: Bool = false) {
      self.name = name
      self.points = points
      self.trend = trend
      self.showsLabels = showsLabels
    }
  }

  /// One category and its values.
  public struct Strip: Sendable, Equatable {
    /// Its name.
    public var name: String
    /// Its values, in any order.
    public var values: [Double]

    /// A category; see the properties.
    public init(_ name: String, _ values: [Double]) {
      self.name = name
      self.values = values
    }
  }

  /// A bar from zero.
  public struct Bar: Sendable, Equatable {
    /// Its name.
    public var name: String
    /// Its length.
    public var value: Double

    /// A bar; see the properties.
    public init(_ name: String, _ value: Double) {
      self.name = name
      self.value = value
    }
  }

  /// Records as lines through parallel axes, coloured by the last axis that has a number in each.
  public struct ParallelCoordinates: Sendable, Equatable {
    /// One vertical axis.
    public struct Dimension: Sendable, Equatable {
      /// What it measures; a point breaks a long name.
      public var axis: Axis
      /// Names of the values 0, 1, …; empty where the values are numbers.
      public var categories: [String]

      /// An axis; see the properties.
      public init(_ axis: Axis, categories: [String] = []) {
        self.axis = axis
        self.categories = categories
      }
    }

    /// The axes; colours follow the last.
    public var dimensions: [Dimension]
    /// One value an axis; nil where a record has none.
    public var records: [[Double?]]

    /// Records; see the properties.
    public init(_ dimensions: [Dimension], records: [[Double?]]) {
      self.dimensions = dimensions
      self.records = records
    }
  }

  /// A matrix of colours.
  public struct HeatMap: Sendable, Equatable {
    /// Names of the rows and the columns.
    public var rows, columns: [String]
    /// Values by row; nil leaves a cell blank.
    public var values: [[Double?]]
    /// What stands in the cells, by row, where it fits; may be empty.
    public var texts: [[String]]
    /// What the colours measure.
    public var color: Axis

    /// A matrix; see the properties.
    public init(rows: [String], columns: [String], values: [[Double?]], texts: [[String]] = [], color: Axis = Axis(""))
    {
      self.rows = rows
      self.columns = columns
      self.values = values
      self.texts = texts
      self.color = color
    }
  }

  /// Steps of a computation in their order.
  public struct Diagram: Sendable, Equatable {
    /// Boxes that belong together.
    public struct Stage: Sendable, Equatable {
      /// Its name, said beside it.
      public var title: String
      /// What is said of it below its name.
      public var notes: [String]
      /// What is computed, a box each.
      public var boxes: [String]
      /// Whether what goes into the first box also goes into the last, around the others.
      public var hasShortcut: Bool

      /// Boxes; see the properties.
      public init(_ title: String, notes: [String] = [], boxes: [String], hasShortcut: Bool = false) {
        self.title = title
        self.notes = notes
        self.boxes = boxes
        self.hasShortcut = hasShortcut
      }
    }

    /// The stages; each takes what the one above it yields.
    public var stages: [Stage]

    /// Steps; see the properties.
    public init(_ stages: [Stage]) {
      self.stages = stages
    }
  }

  /// A broken line of reference, named in the legend.
  public struct Rule: Sendable, Equatable {
    /// Where it lies.
    public enum Place: Sendable, Equatable {
      /// Upright at this x.
      case x(Double)
      /// From the lower left to the upper right, where x = y.
      case diagonal
    }

    /// Its name in the legend.
    public var name: String
    /// Where it lies.
    public var place: Place

    /// A line of reference; see the properties.
    public init(_ name: String, _ place: Place) {
      self.name = name
      self.place = place
    }
  }
}
