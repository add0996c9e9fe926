using System.Reflection;
using Dataplane.Wire;

namespace Dataplane.Fuzz.Targets;

/// <summary>
/// All public properties of a view, found by reflection; iterators are walked to their end, spans read to theirs.
/// </summary>
internal static class EveryProperty<TView> where TView : struct, allows ref struct
{
    private const int MostSteps = 1 << 16;

    private static readonly PropertyReader<TView>[] Readers = [.. typeof(TView)
        .GetProperties(BindingFlags.Public | BindingFlags.Instance)
        .Where(property => property.GetIndexParameters().Length == 0)
        .Select(ReaderOf)];

    private static readonly Step? MoveNext =
        IsWire(typeof(TView)) ? typeof(TView).GetMethod("MoveNext")?.CreateDelegate<Step>() : null;

    private delegate bool Step(ref TView view);

    public static void Read(ref TView view)
    {
        foreach (PropertyReader<TView> reader in Readers) reader.Read(ref view);
        if (MoveNext is null) return;

        for (int steps = 0; MoveNext(ref view); steps++)
        {
            Expect.That(steps < MostSteps, $"{typeof(TView).Name} does not come to an end");
            foreach (PropertyReader<TView> reader in Readers) reader.Read(ref view);
        }
    }

    private static PropertyReader<TView> ReaderOf(PropertyInfo property)
    {
        Type value = property.PropertyType;
        if (value == typeof(ReadOnlySpan<byte>)) return new SpanReader<TView>(property.GetMethod!);

        Type reader = value.IsByRefLike && IsWire(value) ? typeof(NestedReader<,>) : typeof(ValueReader<,>);
        return (PropertyReader<TView>)Activator.CreateInstance(
            reader.MakeGenericType(typeof(TView), value), property.GetMethod)!;
    }

    private static bool IsWire(Type type) => type.Namespace == typeof(WireError).Namespace;
}

internal delegate TValue Getter<TView, TValue>(ref TView view)
    where TView : struct, allows ref struct
    where TValue : allows ref struct;

internal abstract class PropertyReader<TView> where TView : struct, allows ref struct
{
    public abstract void Read(ref TView view);
}

internal sealed class ValueReader<TView, TValue>(MethodInfo getter) : PropertyReader<TView>
    where TView : struct, allows ref struct
    where TValue : allows ref struct
{
    private readonly Getter<TView, TValue> _getter = getter.CreateDelegate<Getter<TView, TValue>>();

    public override void Read(ref TView view) => _getter(ref view);
}

internal sealed class SpanReader<TView>(MethodInfo getter) : PropertyReader<TView>
    where TView : struct, allows ref struct
{
    private readonly Getter<TView, ReadOnlySpan<byte>> _getter =
        getter.CreateDelegate<Getter<TView, ReadOnlySpan<byte>>>();

    // Every byte is looked at: the guard page says whether it is the span's.
    public override void Read(ref TView view) => _getter(ref view).Count((byte)0);
}

internal sealed class NestedReader<TView, TValue>(MethodInfo getter) : PropertyReader<TView>
    where TView : struct, allows ref struct
    where TValue : struct, allows ref struct
{
    private readonly Getter<TView, TValue> _getter = getter.CreateDelegate<Getter<TView, TValue>>();

    public override void Read(ref TView view)
    {
        TValue value = _getter(ref view);
        EveryProperty<TValue>.Read(ref value);
    }
}
