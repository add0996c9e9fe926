using System.Reflection;
using Dataplane.Tests.Packets;
using Dataplane.Wire;
using Xunit;

namespace Dataplane.Tests.Contracts;

/// <summary>
/// What every view owes its callers: errors for short input, and accessors that cannot throw after None.
/// </summary>
internal static class WireViewContract
{
    /// <summary>
    /// Every length from 0, and seeded mutations of the frame at every length: parse, then read everything.
    /// </summary>
    internal static void AssertNeverThrows<TView>(byte[] frame)
        where TView : struct, IWireView<TView>, allows ref struct
    {
        Hostile.Mutations(frame, bytes => ParseAndReadAll<TView>(bytes));
    }

    /// <summary>No prefix shorter than <paramref name="needed"/> parses; that one and the whole frame do.</summary>
    internal static void AssertShorterPrefixesFail<TView>(byte[] frame, int needed)
        where TView : struct, IWireView<TView>, allows ref struct
    {
        Assert.True(TView.MinSize <= needed, "a view cannot need less than its own minimum");
        for (int length = 0; length < needed; length++)
            Assert.NotEqual(WireError.None, TView.TryParse(frame.AsSpan(0, length), out _));

        Assert.Equal(WireError.None, TView.TryParse(frame.AsSpan(0, needed), out _));
        Assert.Equal(WireError.None, TView.TryParse(frame, out _));
    }

    private static void ParseAndReadAll<TView>(ReadOnlySpan<byte> bytes)
        where TView : struct, IWireView<TView>, allows ref struct
    {
        if (TView.TryParse(bytes, out TView view) == WireError.None) Accessors<TView>.ReadAll(ref view);
    }
}

/// <summary>All public properties of a view, found by reflection; iterators are walked to their end.</summary>
internal static class Accessors<TView> where TView : struct, allows ref struct
{
    private static readonly Reader<TView>[] Readers = [.. typeof(TView)
        .GetProperties(BindingFlags.Public | BindingFlags.Instance)
        .Where(property => property.GetIndexParameters().Length == 0)
        .Select(ReaderOf)];

    private static readonly Step<TView>? MoveNext =
        typeof(TView).GetMethod("MoveNext")?.CreateDelegate<Step<TView>>();

    internal static int Count => Readers.Length;

    internal static void ReadAll(ref TView view)
    {
        foreach (Reader<TView> reader in Readers) reader.Read(ref view);

        if (typeof(TView).Namespace != typeof(WireError).Namespace || MoveNext is null) return;

        for (int steps = 0; MoveNext(ref view); steps++)
        {
            Assert.True(steps < 1 << 16, $"{typeof(TView).Name} does not come to an end");
            foreach (Reader<TView> reader in Readers) reader.Read(ref view);
        }
    }

    private static Reader<TView> ReaderOf(PropertyInfo property)
    {
        Type value = property.PropertyType;
        bool isIterator = value.IsByRefLike && value.Namespace == typeof(WireError).Namespace;
        Type reader = (isIterator ? typeof(NestedReader<,>) : typeof(ValueReader<,>))
            .MakeGenericType(typeof(TView), property.PropertyType);
        return (Reader<TView>)Activator.CreateInstance(reader, property.GetMethod)!;
    }
}

internal delegate bool Step<TView>(ref TView view) where TView : struct, allows ref struct;

internal delegate TValue Getter<TView, TValue>(ref TView view)
    where TView : struct, allows ref struct
    where TValue : allows ref struct;

internal abstract class Reader<TView> where TView : struct, allows ref struct
{
    internal abstract void Read(ref TView view);
}

internal sealed class ValueReader<TView, TValue>(MethodInfo getter) : Reader<TView>
    where TView : struct, allows ref struct
    where TValue : allows ref struct
{
    private readonly Getter<TView, TValue> _getter = getter.CreateDelegate<Getter<TView, TValue>>();

    internal override void Read(ref TView view) => _getter(ref view);
}

internal sealed class NestedReader<TView, TValue>(MethodInfo getter) : Reader<TView>
    where TView : struct, allows ref struct
    where TValue : struct, allows ref struct
{
    private readonly Getter<TView, TValue> _getter = getter.CreateDelegate<Getter<TView, TValue>>();

    internal override void Read(ref TView view)
    {
        TValue value = _getter(ref view);
        Accessors<TValue>.ReadAll(ref value);
    }
}
